/**
 * The value of a metric, from an instance's `/metrics`. `name` includes its labels, where it has any:
 * `name{label="value"}`.
 */
export async function metric(instance: { url: string }, name: string): Promise<number> {
  const text = await (await fetch(`${instance.url}/metrics`)).text();
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  if (line === undefined) throw new Error(`no metric ${name}`);
  return Number(line.slice(name.length + 1));
}
