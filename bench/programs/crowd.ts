/**
 * Many clients in one process that cost as little as they can, so that the server is measured, not they: bare
 * WebSockets which speak just enough of Engine.IO and Socket.IO to connect, join a session, answer heartbeats, and
 * count the updates they get by their first bytes, unparsed.
 */
import { WebSocket } from 'ws';
import { answer } from './answers.ts';

/** Clients to connect, in turn to each url, and what each then asks to join, in turn one of these sessions. */
export interface Gathering {
  urls: string[];
  count: number;
  join: { event: string; session_ids: string[] } | null;
  /** Connections under way at once. */
  atOnce: number;
}

const CONNECT_DEADLINE_MS = 20_000;
const UPDATE = Buffer.from('42["session:update"');

const clients: WebSocket[] = [];
let updates = 0;
let awaited: { count: number; done: () => void } | undefined;

/** Connects one client and resolves when it is connected and, if it is to, has joined. */
async function arrive(url: string, join: string | null): Promise<void> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`, { perMessageDeflate: false });
  clients.push(socket);
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('a client could not connect in time')), CONNECT_DEADLINE_MS);
    const there = () => {
      clearTimeout(late);
      resolve();
    };
    socket.on('error', reject);
    socket.once('close', () => reject(new Error('a client was disconnected')));
    socket.on('message', (data: Buffer) => {
      if (data.subarray(0, UPDATE.length).equals(UPDATE)) return count();
      const text = data.toString();
      if (text === '2') socket.send('3');
      else if (text.startsWith('0')) socket.send('40');
      else if (text.startsWith('40')) {
        if (join === null) there();
        else socket.send(join);
      } else if (text.startsWith('430[')) {
        if (text.startsWith('430[{"ok":true')) there();
        else reject(new Error(`a client could not join: ${text.slice(0, 300)}`));
      }
    });
  });
}

function count(): void {
  updates += 1;
  if (awaited === undefined || updates < awaited.count) return;
  updates -= awaited.count;
  awaited.done();
  awaited = undefined;
}

/** Connects them all. Resolves with how long that took, seconds. */
answer('gather', async ({ urls, count: size, join, atOnce }: Gathering) => {
  const began = performance.now();
  let next = 0;
  const connect = async () => {
    for (let index = next++; index < size; index = next++) {
      const session_id = join?.session_ids[index % join.session_ids.length];
      await arrive(urls[index % urls.length] ?? '', join === null ? null : `420${JSON.stringify([join.event, { session_id }])}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, connect));
  updates = 0;
  return (performance.now() - began) / 1000;
});

/** Resolves when all clients together have had so many updates since the last time. */
answer('updates', async (expected: number) => {
  await new Promise<void>((done) => {
    awaited = { count: expected, done };
    updates -= 1;
    count();
  });
});

/** Closes them all; resolves when the last connection is closed. */
answer('leave', async () => {
  const open = clients.splice(0);
  const closed = open.map((client) => new Promise((resolve) => client.once('close', resolve)));
  for (const client of open) client.close();
  await Promise.all(closed);
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
