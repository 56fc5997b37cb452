/** The value of a metric without labels, from an instance's `/metrics`. */
export async function metric(instance: { url: string }, name: string): Promise<number> {
  const text = await (await fetch(`${instance.url}/metrics`)).text();
  const value = new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1];
  if (value === undefined) throw new Error(`no metric ${name}`);
  return Number(value);
}
