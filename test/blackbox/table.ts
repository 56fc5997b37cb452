import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { type Cluster, openCluster } from '../kit/server.ts';
import { freshDatabase } from '../kit/services.ts';
import { type Tables, tablesOf } from './database.ts';
import { iso, ms, Outsider, type Reply, type State } from './wire.ts';

const GRACE_MS = 20;

/** What the trail must have of one step, beside what every row has. */
export interface Charge {
  participant_id: string | null;
  group_id: string | null;
  time_elapsed_ms: number;
  time_remaining_ms: number | null;
  metadata?: object;
}

export interface Step {
  event_type: string;
  /** What the step changes in the state, given its instant. */
  change(at: number): Partial<State>;
  charge(at: number): Charge;
}

type Send = (session_id: string) => Promise<Reply>;

const SWITCH_RESULT = [
  'session_id',
  'epoch',
  'version',
  'status',
  'active_participant_id',
  'active_group_id',
  'cycle_started_at',
  'participants',
] as const;

/**
 * One session that is watched from two instances at once. A test says what must happen; everything that happens is
 * compared with it, field by field.
 */
export class Table {
  readonly a: Outsider;
  readonly b: Outsider;
  readonly session_id = `table-${process.pid}-${Math.random().toString(36).slice(2)}`;
  state!: State;
  readonly #rows: object[] = [];
  readonly #cluster: Cluster;
  readonly #database: string;

  private constructor(cluster: Cluster, database: string, urls: string[]) {
    this.#cluster = cluster;
    this.#database = database;
    this.a = new Outsider(urls[0] ?? '');
    this.b = new Outsider(urls[1] ?? '');
  }

  static async open(): Promise<Table> {
    const database = await freshDatabase();
    const cluster = await openCluster({ AUDIT_WORKER: 'inline', DATABASE_URL: database });
    const [a, b] = [await cluster.instance(), await cluster.instance()];
    return new Table(cluster, database, [a.url, b.url]);
  }

  async close(): Promise<void> {
    for (const outsider of [this.a, this.b]) outsider.leave();
    await this.#cluster.close();
  }

  /** Creates the session; `state` is all of it but what only the server knows. */
  async create(
    payload: object,
    state: Omit<State, 'session_id' | 'version' | 'epoch' | 'status' | 'created_at' | 'updated_at' | Nulls>,
  ): Promise<void> {
    const { from } = await this.a.time();
    const reply = await this.a.socket('session:create', { session_id: this.session_id, ...payload });
    const { to } = await this.a.time();
    expect(reply.ok, JSON.stringify(reply)).to.equal(true);
    const { created_at } = reply.data as State;
    expect(ms(created_at)).to.be.within(Math.floor(from), to);
    this.state = {
      session_id: this.session_id,
      version: 1,
      epoch: ms(created_at),
      status: 'pending',
      created_at,
      updated_at: created_at,
      ...NULLS,
      ...state,
    };
    expect(reply.data).to.deep.equal(this.state);
    this.#note('session_created', ms(created_at), { participant_id: null, group_id: null, time_elapsed_ms: 0, time_remaining_ms: null });
    const joined = await this.b.socket('session:join', {
      session_id: this.session_id,
      last_known_version: 1,
      last_known_epoch: this.state.epoch,
    });
    expect(joined.data).to.deep.equal({ state: this.state, missed: 0 });
  }

  /** Sends a command that makes the next version, and compares its reply and what both rooms hear. */
  async does(send: Send, step: Step): Promise<void> {
    const { from } = await this.b.time();
    const reply = await send(this.session_id);
    const { to } = await this.b.time();
    expect(reply.ok, JSON.stringify(reply)).to.equal(true);
    const before = this.state;
    const at = await this.#hear(step);
    expect(at, 'the instant of its arrival').to.be.within(Math.floor(Math.max(from, ms(before.updated_at))), to);
    const result =
      step.event_type === 'cycle_switched' ? Object.fromEntries(SWITCH_RESULT.map((field) => [field, this.state[field]])) : this.state;
    expect(reply.data).to.deep.equal(result);
    if (reply.server_time_ms !== 0) expect(reply.server_time_ms).to.be.within(at, to);
  }

  /** Waits until the running clock runs out by itself. */
  async runsOut(whom: { participant_id: string | null; group_id: string | null }, step: Omit<Step, 'event_type'>): Promise<void> {
    const deadline = ms(this.state.deadline_at);
    expect(await this.#hear({ ...step, event_type: 'participant_expired' }), 'at the deadline').to.equal(deadline);
    for (const outsider of [this.a, this.b]) {
      const { server_time_ms, ...expired } = await outsider.hears('session:expired');
      expect(expired).to.deep.equal({
        session_id: this.session_id,
        epoch: this.state.epoch,
        version: this.state.version,
        expired_participant_id: whom.participant_id,
        expired_group_id: whom.group_id,
        expired_at: iso(deadline),
        action_applied: this.state.action_on_timeout,
      });
      expect(server_time_ms).to.be.at.least(deadline + GRACE_MS);
    }
  }

  /** Waits for the warning at `threshold_ms` and compares it; it makes no version. */
  async warns(threshold_ms: number, whom: { participant_id: string | null; group_id: string | null }): Promise<void> {
    const { session_id, epoch, version, deadline_at } = this.state;
    for (const outsider of [this.a, this.b]) {
      const { server_time_ms, ...warning } = await outsider.hears('session:warning');
      expect(warning).to.deep.equal({ session_id, epoch, version, ...whom, threshold_ms, deadline_at });
      expect(server_time_ms).to.be.at.least(ms(deadline_at) - threshold_ms);
    }
  }

  /** Lets the clock run on for a while. What happens meanwhile waits to be heard. */
  async thinks(forMs: number): Promise<void> {
    await wait(forMs);
  }

  /** Compares everything that was kept: both instances, the history over both transports, and the tables. */
  async ends({ deleted_at = null as string | null } = {}): Promise<void> {
    const { session_id } = this;
    const { events, session } = await this.#stored((tables) => tables.events.length >= this.#rows.length);
    expect(events).to.deep.equal(this.#rows);
    const { epoch, version, sync_mode, status, cycle_count, created_at, updated_at, session_started_at, session_completed_at } = this.state;
    const instants = { created_at, updated_at, session_started_at, session_completed_at, deleted_at };
    expect(session).to.deep.equal([{ session_id, epoch, version, sync_mode, status, cycle_count, ...instants }]);
    for (const outsider of [this.a, this.b]) {
      for (const ask of [outsider.socket.bind(outsider), outsider.rest.bind(outsider)]) {
        const [state, history] = [await ask('session:get', { session_id }), await ask('session:history', { session_id })];
        if (deleted_at === null) {
          expect(state.data).to.deep.equal(this.state);
          expect(history.data).to.deep.equal({ events: this.#rows, next_after_version: this.#rows.length });
        } else expect([state.error?.code, history.error?.code]).to.deep.equal(['SESSION_NOT_FOUND', 'SESSION_NOT_FOUND']);
      }
      expect(outsider.heard, 'nothing that was not expected').to.deep.equal([]);
    }
  }

  /** Deletes the session: one more version with the last state, told to the room as a deletion. */
  async deletes(send: Send, step: Omit<Step, 'event_type'>): Promise<void> {
    expect((await send(this.session_id)).data).to.deep.equal({});
    const heard = [await this.a.hears('session:deleted'), await this.b.hears('session:deleted')];
    const { epoch, version } = this.state;
    for (const { server_time_ms, ...body } of heard) {
      expect(body).to.deep.equal({ session_id: this.session_id, epoch, version: version + 1 });
      expect(server_time_ms).to.be.at.least(ms(this.state.updated_at));
    }
    const { events } = await this.#stored((tables) => tables.events.at(-1)?.event_type === 'session_deleted');
    const at = ms(events.at(-1)?.timestamp ?? null);
    expect(at).to.be.within(ms(this.state.updated_at), heard[0]?.server_time_ms ?? 0);
    this.state = { ...this.state, version: version + 1, updated_at: iso(at), ...step.change(at) };
    this.#note('session_deleted', at, step.charge(at));
    await this.ends({ deleted_at: iso(at) });
  }

  /** The tables, once they are as far as they must get. */
  async #stored(complete: (tables: Tables) => boolean): Promise<Tables> {
    for (let tries = 0; ; tries++) {
      const tables = await tablesOf(this.#database, this.session_id);
      if (complete(tables) || tries > 150) return tables;
      await wait(100);
    }
  }

  /** The next update, heard alike by both. Returns its instant. */
  async #hear(step: Step): Promise<number> {
    const updates = [await this.a.hears('session:update'), await this.b.hears('session:update')];
    const at = ms((updates[0] as unknown as { state: State }).state.updated_at);
    this.state = { ...this.state, version: this.state.version + 1, updated_at: iso(at), ...step.change(at) };
    const { session_id, epoch, version } = this.state;
    for (const { server_time_ms, ...update } of updates) {
      expect(update).to.deep.equal({ session_id, epoch, version, event_type: step.event_type, state: this.state });
      expect(server_time_ms).to.be.at.least(at).and.satisfy(Number.isInteger);
    }
    this.#note(step.event_type, at, step.charge(at));
    return at;
  }

  #note(event_type: string, at: number, { metadata = {}, ...charge }: Charge): void {
    const { session_id, epoch, version } = this.state;
    this.#rows.push({ session_id, epoch, version, event_type, timestamp: iso(at), ...charge, state_snapshot: this.state, metadata });
  }
}

/** Fields that are null in a session that has not begun, unless its payload fills them. */
const NULLS = {
  cycle_started_at: null,
  deadline_at: null,
  session_started_at: null,
  session_completed_at: null,
  cycle_time_used_ms: 0,
  cycle_count: 0,
};
type Nulls = keyof typeof NULLS;
