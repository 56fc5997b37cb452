import type { Reply } from '#contract';

export interface RestAnswer {
  status: number;
  headers: Headers;
  text: string;
  /** The body as a reply of the contract; throws if it is not one. */
  reply<Data = unknown>(): Reply<Data>;
  json(): Record<string, unknown>;
}

/** One HTTP request. A body that is not a string is sent as JSON. */
export async function rest(
  instance: { url: string },
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<RestAnswer> {
  const answer = await fetch(instance.url + path, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  const json = () => JSON.parse(text) as Record<string, unknown>;
  return { status: answer.status, headers: answer.headers, text, json, reply: <Data>() => JSON.parse(text) as Reply<Data> };
}
