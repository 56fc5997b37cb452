/**
 * Engines over one real Redis whose clocks a test can set wrong, and whose arrivals it names itself: what a transport
 * would do, without one.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { CreatePayload, HistoryEvent, SessionState } from '#contract';
import type { TimerCommand } from '../../server/domain/decide.ts';
import type { SessionEvent } from '../../server/domain/event.ts';
import { decodeState, SCHEMA } from '../../server/domain/schema.ts';
import { type Clock, RedisClock } from '../../server/engine/clock.ts';
import { createEngine } from '../../server/engine/create-engine.ts';
import type { CommandContext, Outcome } from '../../server/engine/command-context.ts';
import type { Engine } from '../../server/engine/engine.ts';
import { SessionCache } from '../../server/engine/session-cache.ts';
import type { Rooms, SessionStore } from '../../server/engine/ports.ts';
import { createLogger } from '../../server/observability/logger.ts';
import { createMetrics, type Metrics } from '../../server/observability/metrics.ts';
import { connectRedis, type RedisClient, whenReady } from '../../server/store/connection.ts';
import type { StoredFacts } from '../../server/store/codec.ts';
import { createKeys } from '../../server/store/keys.ts';
import { openMarks } from '../../server/store/marks.ts';
import { createPresence } from '../../server/store/presence.ts';
import { createSessionStore } from '../../server/store/session-store.ts';
import { timeAt } from '../../server/store/time.ts';
import { chess } from '../kit/games.ts';
import { freshPrefix, redisUrl } from '../kit/services.ts';
import { entriesOf, factsIn, historyIn, stateIn, tamper } from '../kit/stored.ts';
import { until } from '../kit/until.ts';

/** The grace of these tests: so long that no command misses it because the machine is busy. */
export const GRACE_MS = 300;

const logger = createLogger('silent', 'test');

/** What an instance told a session's room. */
export interface Told {
  event: 'update' | 'warning' | 'message';
  session_id: string;
  version: number;
  /** The event's type, or the threshold, as text. */
  what: string;
  /** Unix ms of Redis at which it was told. */
  at: number;
}

/** The clock of Redis plus an error that a test sets. A sample finds it, unless the clock is `stubborn`. */
export class WrongClock implements Clock {
  readonly #right: Clock;
  error = 0;
  stubborn = false;
  samples = 0;

  constructor(right: Clock) {
    this.#right = right;
  }

  now(): number {
    return this.#right.now() + this.error;
  }

  async sample(): Promise<number> {
    this.samples += 1;
    if (this.stubborn) return 0;
    const moved = (await this.#right.sample()) - this.error;
    this.error = 0;
    return moved;
  }
}

export interface EngineInstance {
  engine: Engine;
  clock: WrongClock;
  metrics: Metrics;
  told: Told[];
  /** The events of each commit that it has tried. */
  commits: SessionEvent[][];
  /**
   * Happens once, right after this instance has read a session: what a test wants to come between its read and its
   * commit.
   */
  afterRead: (() => Promise<unknown>) | undefined;
  /** Happens before each commit that this instance tries. */
  beforeCommit: ((events: readonly SessionEvent[]) => Promise<unknown>) | undefined;
  /** How often this instance had a commit refused by the clock of Redis. */
  refusals(): Promise<number>;
  run(session: string, command: TimerCommand, context?: Partial<CommandContext>): Promise<Outcome>;
  /** Ends alarms and sweep, as a crash would for everybody else. */
  close(): Promise<void>;
}

export class EngineFixture {
  readonly prefix = freshPrefix();
  readonly graceMs: number;
  /** How long a session runs without a command and a connection, ms; 0 for ever. */
  idleRunMs = 0;
  readonly #closers: (() => Promise<unknown>)[] = [];
  /** States that were put into Redis by `age`. */
  readonly #aged = new Map<string, SessionState>();
  #redis!: RedisClient;
  #right!: RedisClock;

  private constructor(graceMs: number) {
    this.graceMs = graceMs;
  }

  static async open(graceMs = GRACE_MS): Promise<EngineFixture> {
    const engines = new EngineFixture(graceMs);
    engines.#redis = connectRedis(await redisUrl(), 'commands', 'engines', logger);
    await whenReady(engines.#redis);
    engines.#right = new RedisClock(() => timeAt(engines.#redis, createKeys(engines.prefix).clock), logger, createMetrics());
    await engines.#right.start();
    return engines;
  }

  /** Unix ms of Redis. */
  now(): number {
    return this.#right.now();
  }

  redis(): RedisClient {
    return this.#redis;
  }

  /**
   * An instance on this Redis; with `expires: false` one that answers commands, but lets nothing run out by itself;
   * with `sweeps: false` one whose sweep finds nothing, so that only its alarms make anything happen.
   */
  async instance({ expires = true, sweeps = true } = {}): Promise<EngineInstance> {
    const url = await redisUrl();
    const redis = connectRedis(url, 'commands', 'instance', logger);
    await whenReady(redis);
    const clock = new WrongClock(this.#right);
    const metrics = createMetrics();
    const told: Told[] = [];
    const store = createSessionStore(redis, this.prefix);
    const load: SessionStore['load'] = async (...args) => {
      const loaded = await store.load(...args);
      const meanwhile = instance.afterRead;
      instance.afterRead = undefined;
      await meanwhile?.();
      return loaded;
    };
    const commit: SessionStore['commit'] = async (proposed) => {
      instance.commits.push(proposed.events);
      if (instance.beforeCommit !== undefined) await instance.beforeCommit(proposed.events);
      return store.commit(proposed);
    };
    const parts = createEngine({
      store: { ...store, load, commit, ...(sweeps ? {} : { overdue: () => Promise.resolve([]) }) },
      marks: openMarks(redis, { redisUrl: url, keyPrefix: this.prefix, logLevel: 'silent', instance: 'instance' }, logger),
      rooms: this.#rooms(told),
      clock,
      cache: new SessionCache(),
      presence: createPresence(redis, this.prefix, 60_000),
      idleMs: 3_600_000,
      idleRunMs: this.idleRunMs,
      graceMs: this.graceMs,
      audit: true,
      metrics,
      logger,
    });
    if (expires) await parts.start();
    else await parts.close();
    let closed = false;
    const close = async () => {
      if (closed) return;
      closed = true;
      await parts.close();
      redis.disconnect();
    };
    this.#closers.push(close);
    const run: EngineInstance['run'] = (session, command, context = {}) =>
      parts.engine.execute(session, command, { arrival: Math.floor(clock.now()), ...context });
    const refusals = async () => (await metrics.clockRefusals.get()).values[0]?.value ?? 0;
    const instance: EngineInstance = {
      engine: parts.engine,
      clock,
      metrics,
      told,
      commits: [],
      afterRead: undefined,
      beforeCommit: undefined,
      run,
      close,
      refusals,
    };
    return instance;
  }

  #rooms(told: Told[]): Rooms {
    const note = (event: Told['event'], { session_id, version }: Pick<SessionState, 'session_id' | 'version'>, what: string) =>
      told.push({ event, session_id, version, what, at: this.now() });
    return {
      announce: (events) => ({
        publications: () => [],
        tell: () => events.forEach(({ event_type, state }) => note('update', state, event_type)),
      }),
      warn: (state, threshold) => note('warning', state, String(threshold)),
      warnOfClocks: (state, { threshold_ms, participant_ids }) => note('warning', state, `${threshold_ms} ${participant_ids.join()}`),
      message: ({ session_id }) => {
        note('message', { session_id, version: 0 }, '');
        return { channel: '', head: '', tail: '' };
      },
    };
  }

  /**
   * A game of two with `bankMs` each that was started `agoMs` ago, so that its deadline can be near or past at once.
   */
  async game(instance: EngineInstance, agoMs: number, change: Partial<CreatePayload> = {}): Promise<SessionState & { deadline: number }> {
    const participants = ['white', 'black'].map((participant_id) => ({ participant_id, total_time_ms: 1_000 }));
    const payload = chess({ participants, warning_thresholds_ms: [], ...change });
    const started = Math.floor(this.now()) - agoMs;
    stateOf(await instance.engine.create(payload, { arrival: started }));
    const state = stateOf(await instance.run(payload.session_id, { type: 'start' }, { arrival: started }));
    return { ...state, deadline: Date.parse(state.deadline_at ?? '') };
  }

  /** Waits until the clock of Redis has reached an instant. */
  async reach(instant: number): Promise<void> {
    for (let left = instant - this.now(); left > 0; left = instant - this.now()) await wait(Math.ceil(left));
  }

  /** What the commits of a session left for the trail, oldest first. */
  async trail(session: string): Promise<HistoryEvent[]> {
    return historyIn(await entriesOf(this.#redis, this.prefix, session), this.#aged.get(session));
  }

  /** The trail once it has `count` events. */
  async trailOf(session: string, count: number, deadlineMs = 60_000): Promise<HistoryEvent[]> {
    const events = await until(
      `${count} events of ${session}`,
      async () => {
        const trail = await this.trail(session);
        return trail.length >= count && trail;
      },
      deadlineMs,
    );
    return events;
  }

  /** Makes a session's clock have run for `ms` longer, as if nobody had been there all that time. */
  async age(session: string, ms: number): Promise<void> {
    this.#aged.set(session, await age(this.#redis, this.prefix, session, ms));
  }

  /** What Redis has of a session beside its state. */
  async stored(session: string): Promise<StoredFacts> {
    return factsIn(this.#redis, this.keyOf(session));
  }

  keyOf(session: string): string {
    return createKeys(this.prefix).session(session).session;
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).toReversed()) await close();
    await this.#right.close();
    this.#redis.disconnect();
  }
}

/** As `EngineFixture.age`, for the sessions of any cluster. Returns the state as it is now. */
export async function age(redis: RedisClient, prefix: string, session: string, ms: number): Promise<SessionState> {
  const keys = createKeys(prefix).session(session);
  // `created_at` names the incarnation.
  const earlier = (key: string, value: unknown) =>
    /^(?!created).*_at$/.test(key) && typeof value === 'string' ? iso(Date.parse(value) - ms) : value;
  const text = JSON.stringify(JSON.parse(await stateIn(redis, keys.session), earlier));
  await tamper(redis, keys.session, {}, text);
  const due = await redis.zscore(keys.dueSet, session);
  if (due !== null) await redis.zadd(keys.dueSet, Number(due) - ms, session);
  return decodeState(text, SCHEMA) as SessionState;
}

/** The state of a success; a refusal throws. */
export function stateOf(outcome: Outcome): SessionState {
  if (!outcome.ok) throw new Error(`refused: ${outcome.code} ${outcome.message}`);
  return outcome.state;
}

/** The code of a refusal; a success throws. */
export function codeOf(outcome: Outcome): string {
  if (!outcome.ok) return outcome.code;
  throw new Error(`not refused: version ${outcome.state.version}`);
}

/** Unix ms as it stands in states and events. */
export const iso = (at: number): string => new Date(at).toISOString();
