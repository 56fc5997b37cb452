import type { CreatePayload, SessionState } from '#contract';
import { catchUp } from '../../server/domain/catch-up.ts';
import { create } from '../../server/domain/create.ts';
import type { SessionEvent } from '../../server/domain/event.ts';
import type { OutboxEntry } from '../../server/audit/outbox-port.ts';
import type { Commit } from '../../server/engine/ports.ts';
import { chess } from '../kit/games.ts';
import { entriesOf } from '../kit/stored.ts';
import { type StoreFixture, next, proposal } from './store-fixture.ts';

/** A session that ran while nobody was there, committed a part at a time. */
export class UnattendedSession {
  readonly #fixture: StoreFixture;
  readonly #begin: number;
  readonly #events: SessionEvent[] = [];
  #hash: string | null = null;

  private constructor(fixture: StoreFixture, begin: number) {
    this.#fixture = fixture;
    this.#begin = begin;
  }

  /** Creates it and starts it, `ms` ago. */
  static async begin(fixture: StoreFixture, ms: number, change: Partial<CreatePayload> = {}): Promise<UnattendedSession> {
    const unattended = new UnattendedSession(fixture, (await fixture.now()) - ms);
    const payload = chess({ sync_mode: 'per_cycle', time_per_cycle_ms: 1_000, auto_advance: true, warning_thresholds_ms: [], ...change });
    const decision = create(payload, unattended.#begin);
    if (!decision.ok) throw new Error(decision.message);
    await unattended.#commit([decision.event]);
    await unattended.#commit([next(unattended.state, 'start', unattended.#begin)]);
    return unattended;
  }

  get state(): SessionState {
    return this.states.at(-1) as SessionState;
  }

  /** After each event, oldest first. */
  get states(): SessionState[] {
    return this.#events.map(({ state }) => state);
  }

  /** Commits the next `count` expiries in one. */
  async catchUp(count: number): Promise<void> {
    await this.#commit(firstOf(count, catchUp(this.state, Number.MAX_SAFE_INTEGER, [])));
  }

  async do(type: 'switch' | 'pause' | 'delete', change: Partial<Commit> = {}): Promise<void> {
    await this.#commit([next(this.state, type, Date.parse(this.state.updated_at) + 500)], change);
  }

  /** What its commits left in the outbox. */
  entries(): Promise<OutboxEntry[]> {
    return entriesOf(this.#fixture.redis, this.#fixture.prefix, this.state.session_id);
  }

  async #commit(events: SessionEvent[], change: Partial<Commit> = {}): Promise<void> {
    const [first] = events;
    if (first === undefined) throw new Error('nothing is overdue');
    const result = await this.#fixture.store.commit({
      ...proposal(this.states.at(-1) ?? null, first),
      events,
      snapshotAt: (index) => JSON.stringify(events[index]?.state),
      instant: await this.#fixture.now(),
      previousHash: this.#hash,
      ...change,
    });
    if (result.outcome !== 'committed') throw new Error(result.outcome);
    this.#hash = result.lastHash;
    this.#events.push(...events);
  }
}

/** Participants whose names alone make a session large. */
export function crowdOf(count: number): NonNullable<CreatePayload['participants']> {
  return Array.from({ length: count }, (_, n) => ({ participant_id: `${n}`.padEnd(128, '-'), group_id: `${n}`.padEnd(128, '~') }));
}

function firstOf<Item>(count: number, items: Iterable<Item>): Item[] {
  const first: Item[] = [];
  for (const item of items) if (first.push(item) === count) break;
  return first;
}
