/**
 * The control of the switch rows: the thinnest Socket.IO + Redis program that does the same work. One compare-and-set
 * in Redis, one emit to the room through the sharded adapter, one acknowledgement; states, updates and replies are as
 * large as the service's. It checks nothing, keeps no trail, and holds each session in memory, so it needs one round
 * trip where a stateless instance may need more. `control:emit` is the same without the compare-and-set: a bare emit.
 */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { createShardedAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import { Server, type Socket } from 'socket.io';
import type { SessionState } from '#contract';

const COMPARE_AND_SET = `
if redis.call('HGET', KEYS[1], 'v') ~= ARGV[1] then
  return 0
end
redis.call('HSET', KEYS[1], 'v', ARGV[2], 's', ARGV[3])
return 1`;
const SHA = createHash('sha1').update(COMPARE_AND_SET).digest('hex');

type Acknowledge = (reply: unknown) => void;

const { REDIS_URL = '', KEY_PREFIX = '', PORT = '0' } = process.env;
const redis = new Redis(REDIS_URL);
const publisher = new Redis(REDIS_URL);
const subscriber = new Redis(REDIS_URL, { maxRetriesPerRequest: null });
await redis.script('LOAD', COMPARE_AND_SET);

const http = createServer((_request, response) => response.end('ready'));
const io = new Server(http, {
  adapter: createShardedAdapter(publisher, subscriber, { channelPrefix: KEY_PREFIX }),
  transports: ['websocket'],
  perMessageDeflate: false,
  serveClient: false,
});
const sessions = new Map<string, SessionState>();
const keyOf = (sessionId: string) => `${KEY_PREFIX}:${sessionId}`;

io.on('connection', (socket) => {
  socket.on('control:open', (state: SessionState, acknowledge: Acknowledge) => {
    void open(socket, state).then(() => acknowledge({ ok: true }));
  });
  socket.on('session:switch', ({ session_id }: { session_id: string }, acknowledge: Acknowledge) => {
    void switchTurn(session_id, true).then(acknowledge);
  });
  socket.on('control:emit', ({ session_id }: { session_id: string }, acknowledge: Acknowledge) => {
    void switchTurn(session_id, false).then(acknowledge);
  });
  socket.on('control:join', ({ session_id }: { session_id: string }, acknowledge: Acknowledge) => {
    void Promise.resolve(socket.join(session_id)).then(() => acknowledge({ ok: true }));
  });
});

async function open(socket: Socket, state: SessionState): Promise<void> {
  sessions.set(state.session_id, state);
  await redis.hset(keyOf(state.session_id), 'v', state.version, 's', JSON.stringify(state));
  await socket.join(state.session_id);
}

async function switchTurn(sessionId: string, commit: boolean): Promise<unknown> {
  const before = sessions.get(sessionId);
  if (before === undefined) return { ok: false };
  const now = Date.now();
  const at = new Date(now).toISOString();
  const next = before.participants.find((participant) => !participant.is_active);
  const state: SessionState = {
    ...before,
    version: before.version + 1,
    active_participant_id: next?.participant_id ?? null,
    cycle_started_at: at,
    updated_at: at,
    participants: before.participants.map((participant) => ({ ...participant, is_active: participant === next })),
  };
  if (commit) {
    const done = await redis.evalsha(SHA, 1, keyOf(sessionId), before.version, state.version, JSON.stringify(state));
    if (done !== 1) return { ok: false };
  }
  sessions.set(sessionId, state);
  const { session_id, epoch, version, status, active_participant_id, active_group_id, cycle_started_at, participants } = state;
  io.to(session_id).emit('session:update', { session_id, epoch, version, server_time_ms: now, event_type: 'cycle_switched', state });
  const data = { session_id, epoch, version, status, active_participant_id, active_group_id, cycle_started_at, participants };
  return { ok: true, data, server_time_ms: now };
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
http.listen(Number(PORT), '127.0.0.1');
