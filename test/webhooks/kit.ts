import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { rest, type RestAnswer } from '../kit/rest.ts';
import { type Cluster, openCluster, type Settings } from '../kit/server.ts';
import { freshDatabase } from '../kit/services.ts';
import { until } from '../kit/until.ts';

/** A message as it came. */
export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  json: { type: string; timestamp: string; data: Record<string, unknown> };
  /** How many messages were being answered as it came, itself included. */
  atOnce: number;
}

/** How a receiver answers. */
export type Answers = (
  received: Received,
  count: number,
) => { status: number; headers?: Record<string, string> } | Promise<{ status: number }>;

/** A receiver of webhooks on this machine. */
export interface Receiver {
  url: string;
  received: Received[];
  /** Decides from now on. */
  answer: Answers;
  /** Resolves with the messages of these types once there are as many. */
  get(count: number, ...types: string[]): Promise<Received[]>;
  close(): Promise<void>;
}

/** Opens a receiver that answers 204. */
export async function openReceiver(): Promise<Receiver> {
  let atOnce = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      atOnce += 1;
      const body = Buffer.concat(chunks).toString('utf8');
      const json = JSON.parse(body) as Received['json'];
      const one: Received = { path: request.url ?? '', headers: request.headers, body, json, atOnce };
      receiver.received.push(one);
      void Promise.resolve(receiver.answer(one, receiver.received.length)).then((answer) => {
        atOnce -= 1;
        response.writeHead(answer.status, 'headers' in answer ? answer.headers : {}).end();
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const ofTypes = (types: string[]) => receiver.received.filter(({ json }) => types.length === 0 || types.includes(json.type));
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: [],
    answer: () => ({ status: 204 }),
    get: (count, ...types) =>
      until(
        `${count} messages ${types.join(', ')}`,
        async () => {
          const found = ofTypes(types);
          return found.length >= count && found;
        },
        90_000,
      ),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return receiver;
}

export const MASTER_KEY = 'a master key of the tests, long enough';
export const OPERATOR = { ADMIN_USER: 'admin', ADMIN_PASSWORD: 'a password of the tests' };
const BASIC = `Basic ${Buffer.from(`${OPERATOR.ADMIN_USER}:${OPERATOR.ADMIN_PASSWORD}`).toString('base64')}`;

/** A request by an operator, asked once. Every one but GET declares JSON. */
export async function askAsOperator(instance: { url: string }, method: string, path: string, body?: unknown): Promise<RestAnswer> {
  return rest(instance, method, path, body ?? (method === 'POST' ? {} : undefined), { authorization: BASIC });
}

/**
 * What a request is answered once PostgreSQL is there: on a busy machine the first connection may take longer than a
 * request waits for it.
 */
export function answered(what: string, ask: () => Promise<RestAnswer>): Promise<RestAnswer> {
  const askUntilThere = async () => {
    const answer = await ask();
    return answer.status !== 503 && answer;
  };
  return until(`${what} is answered`, askUntilThere, 90_000);
}

/** A request by an operator. */
export function asOperator(instance: { url: string }, method: string, path: string, body?: unknown): Promise<RestAnswer> {
  return answered(`${method} ${path}`, () => askAsOperator(instance, method, path, body));
}

/** The data of an operator's request that succeeds. */
export async function operate<Data = Record<string, unknown>>(
  instance: { url: string },
  method: string,
  path: string,
  body?: unknown,
): Promise<Data> {
  const answer = await asOperator(instance, method, path, body);
  const reply = answer.status === 204 ? { ok: true as const, data: {} as Data } : answer.reply<Data>();
  if (!reply.ok) throw new Error(`${method} ${path}: ${reply.error.code} ${reply.error.message}`);
  return reply.data;
}

/** Where webhooks may be sent to this machine. */
export const LOCAL: Settings = { WEBHOOK_ALLOW: '127.0.0.0/8', WEBHOOK_ALLOW_HTTP: 'true' };

/** Instances with a trail, whose webhooks may be sent to this machine. */
export async function openWebhookCluster(settings: Settings = {}): Promise<Cluster & { databaseUrl: string }> {
  const databaseUrl = await freshDatabase();
  const cluster = await openCluster({
    AUDIT_WORKER: 'inline',
    DATABASE_URL: databaseUrl,
    WEBHOOK_MASTER_KEY: MASTER_KEY,
    ...OPERATOR,
    ...LOCAL,
    ...settings,
  });
  return Object.assign(cluster, { databaseUrl });
}
