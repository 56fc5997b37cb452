import pg from 'pg';
import { setTimeout as wait } from 'node:timers/promises';
import type { HistoryEvent } from '#contract';
import { Player } from './player.ts';
import type { Side, Stage } from './stage.ts';

const PLAYERS = 64;
const BATCH = 500;
/**
 * Interval between two looks, ms: short enough to time the end of a turn to 1 %, long enough to cost hardly any CPU.
 */
const POLL_MS = 5;
const TICK_MS = 10;

/** An event as the outbox carries it. */
export interface OutboxEvent {
  event: string;
  state: string;
}

/** The events that real games wrote to an outbox, kept so that the outbox can be filled with them again. */
export class Filling {
  readonly #stage: Stage;
  /** By partition, oldest first. */
  readonly partitions: OutboxEvent[][];
  readonly events: number;

  private constructor(stage: Stage, partitions: OutboxEvent[][]) {
    this.#stage = stage;
    this.partitions = partitions;
    this.events = partitions.reduce((sum, { length }) => sum + length, 0);
  }

  /** Plays 64 games on an instance until there are so many events, and takes these out of the outbox. */
  static async play(stage: Stage, url: string, count: number): Promise<Filling> {
    const players: Player[] = [];
    for (let index = 0; index < PLAYERS; index++) players.push(await Player.ofService(url, `bench-game-${index}`, false));
    const turns = Math.ceil(count / PLAYERS) - 2;
    await Promise.all(
      players.map(async (player) => {
        for (let turn = 0; turn < turns; turn++) await player.switch();
      }),
    );
    for (const player of players) player.close();
    const partitions: OutboxEvent[][] = [];
    for (const stream of stage.outboxes()) {
      partitions.push(await read(stage, stream));
      if (partitions.at(-1)?.length !== 0) await stage.redis.rename(stream, aside(stream));
    }
    return new Filling(stage, partitions);
  }

  /** Writes all events to the outbox at once. */
  async pour(): Promise<void> {
    const all = this.#stage.redis.multi();
    for (const [index, stream] of this.#stage.outboxes().entries()) {
      if (this.partitions[index]?.length !== 0) all.copy(aside(stream), stream, 'REPLACE');
    }
    await all.exec();
  }

  /** Writes the events to the outbox at a steady rate. Returns when Redis took each event, Unix ms, by its key. */
  async trickle(perSecond: number): Promise<Map<string, number>> {
    const { redis } = this.#stage;
    const outboxes = this.#stage.outboxes();
    const order = roundRobin(this.partitions);
    const taken = new Map<string, number>();
    const began = performance.now();
    for (let sent = 0; sent < order.length; await wait(TICK_MS)) {
      const due = Math.min(order.length, Math.ceil(((performance.now() - began) * perSecond) / 1000));
      const pipeline = redis.pipeline();
      const batch = order.slice(sent, due);
      for (const { partition, event, state } of batch) pipeline.xadd(outboxes[partition] ?? '', '*', 'event', event, 'state', state);
      const replies = (await pipeline.exec()) ?? [];
      for (const [index, { event }] of batch.entries()) taken.set(keyOf(event), Number.parseInt(String(replies[index]?.[1]), 10));
      sent = due;
    }
    return taken;
  }
}

/** Waits until outbox and queue of a side are empty: then every job has ended and every row is committed. */
export async function drained(stage: Stage, side: Side): Promise<void> {
  for (;;) {
    const all = stage.redis.multi();
    if (side === 'service') for (const stream of stage.outboxes()) all.xlen(stream);
    for (const list of ['wait', 'active']) all.llen(stage.queueKey(side, list));
    for (const set of ['delayed', 'failed']) all.zcard(stage.queueKey(side, set));
    const lengths = ((await all.exec()) ?? []).map(([, length]) => Number(length));
    if (lengths.every((length) => length === 0)) return;
    await wait(POLL_MS);
  }
}

/** The rows of a side. */
export class Rows {
  readonly #client: pg.Client;

  private constructor(client: pg.Client) {
    this.#client = client;
  }

  static async open(databaseUrl: string): Promise<Rows> {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    return new Rows(client);
  }

  /** Deletes all rows, after checking that there was one for each event. */
  async clear(side: Side, expected: number): Promise<void> {
    const table = side === 'service' ? 'sync_events' : 'control_events';
    const { rows } = await this.#client.query<{ count: string }>(`SELECT count(*) FROM ${table}`);
    if (Number(rows[0]?.count) !== expected) throw new Error(`${table} has ${rows[0]?.count} rows of ${expected}`);
    await this.#client.query(`TRUNCATE ${table}${side === 'service' ? ', sync_sessions' : ''}`);
  }

  /** When each event of the trail was committed, Unix ms, by its key. */
  async committed(): Promise<Map<string, number>> {
    const { rows } = await this.#client.query<{ key: string; at: string }>(
      `SELECT session_id || ' ' || version AS key, extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000 AS at FROM sync_events`,
    );
    return new Map(rows.map(({ key, at }) => [key, Number(at)]));
  }

  async close(): Promise<void> {
    await this.#client.end();
  }
}

function keyOf(event: string): string {
  const { session_id, version } = JSON.parse(event) as HistoryEvent;
  return `${session_id} ${version}`;
}

function aside(stream: string): string {
  return `${stream}:aside`;
}

async function read({ redis }: Stage, stream: string): Promise<OutboxEvent[]> {
  const found: OutboxEvent[] = [];
  for (let from = '-'; ;) {
    const entries = await redis.xrange(stream, from, '+', 'COUNT', BATCH);
    for (const [, [, event = '', , state = '']] of entries) found.push({ event, state });
    const last = entries.at(-1)?.[0];
    if (last === undefined || entries.length < BATCH) return found;
    from = `(${last}`;
  }
}

/** Takes one event of each partition in turn, the order in which many games at once would write them. */
function roundRobin(partitions: OutboxEvent[][]): (OutboxEvent & { partition: number })[] {
  const longest = Math.max(...partitions.map(({ length }) => length));
  return Array.from({ length: longest }, (_, index) =>
    partitions.flatMap((events, partition) => {
      const entry = events[index];
      return entry === undefined ? [] : [{ ...entry, partition }];
    }),
  ).flat();
}
