/**
 * Redis in memory: does with the arguments of the commit script what commit.lua does with them, at the instant that
 * the sequence names. The real one can't be told what time it is, and is tested by test/store.
 */
import {
  type Commit,
  type CommitResult,
  decodeState,
  recordJson,
  type Outage,
  type Publication,
  readFacts,
  SCHEMA,
  type Sent,
  sentBy,
  type SessionState,
  type SessionStore,
  toRecord,
  toPosition,
  toSession,
  writeFacts,
} from './house.ts';

interface Stored {
  facts: string;
  /** The state without its pieces; '' once deleted. */
  text: string;
  pieces: Map<string, string>;
  /** What stands behind the state, on its line. */
  undo: string;
  /** Unix ms. */
  expires: number;
}

/** What went through, as the corpus records it. */
export interface Committed {
  commit: Commit;
  sent: Sent;
  /** What the outbox got: each event and the state after it, or a brief of it. */
  entries: { event: string; state: string }[];
  /** The texts that other instances got. */
  published: string[];
}

const TOKEN_LENGTH = 20;

/** A Redis with one session's keys, whose clock stands at `now` until the sequence moves it. */
export class MemoryRedis {
  /** Unix ms. */
  now: number;
  /** Which run of Redis, that is, unbroken history of writes, this is: another one after each restart. */
  run = 1;
  outages: Outage[] = [];
  /** When somebody was last connected, Unix ms. */
  seen = 0;
  /** Called before each answer of the store: time passes, and others may be faster. */
  meanwhile: () => Promise<void> = async () => {};
  committed: (what: Committed) => void = () => {};
  published: (text: string) => void = () => {};
  #stored: Stored | undefined;
  #saved: Stored[] = [];
  readonly #records = new Map<string, { json: string; expires: number }>();
  #commits = 0;
  #read: { json: string; state: SessionState | null } = { json: '', state: null };

  constructor(now: number) {
    this.now = now;
  }

  /** The state as stored; null where there is none. */
  get state(): SessionState | null {
    const json = this.#live === undefined ? '' : wholeOf(this.#live);
    if (json !== this.#read.json) this.#read = { json, state: json === '' ? null : (decodeState(json, SCHEMA) as SessionState) };
    return this.#read.state;
  }

  /** Thresholds that the running clock has yet to cross. */
  get warnings(): number[] {
    const armed = this.#live === undefined ? null : readFacts(this.#live.facts).warnings;
    return armed === null ? [] : armed.split(',').map(Number);
  }

  /** Redis loses everything. */
  lose(): void {
    this.#stored = undefined;
    this.#saved = [];
    this.#records.clear();
    this.run += 1;
  }

  /** Redis comes back without its last commits, at most `versions` of them. Returns how many it lost. */
  restart(versions: number): number {
    this.run += 1;
    let lost = 0;
    for (; lost < versions && this.#saved.length > 0; lost++) this.#stored = this.#saved.pop();
    return lost;
  }

  get #live(): Stored | undefined {
    if (this.#stored !== undefined && this.#stored.expires <= this.now) this.#stored = undefined;
    return this.#stored;
  }

  #session() {
    const stored = this.#live;
    return stored === undefined
      ? null
      : toSession([stored.facts, stored.text === '' ? null : wholeOf(stored), stored.undo.slice(1) || null], SCHEMA);
  }

  #remembered(key: string) {
    const record = this.#records.get(key);
    return record === undefined || record.expires <= this.now ? null : toRecord(record.json);
  }

  readonly store: SessionStore = {
    load: async (_id, command) => {
      await this.meanwhile();
      return { session: this.#session(), command: command === undefined ? null : this.#remembered(keyOf(command)) };
    },
    commit: async (commit) => {
      await this.meanwhile();
      const sent = sentBy(commit, `commit-${this.#commits++}`.padEnd(TOKEN_LENGTH, '-'));
      return this.#commit(commit, sent);
    },
    remember: async (state, command) => {
      if (this.#remembered(keyOf(command)) !== null) return false;
      this.#records.set(keyOf(command), { json: recordJson(command, state), expires: this.now + command.rememberMs });
      return true;
    },
    relay: async (state, publication, { expectedVersion, command }) => {
      const facts = this.#live === undefined ? null : readFacts(this.#live.facts);
      const isGone = facts !== null && (facts.epoch !== String(state.epoch) || facts.kind === 'session_deleted');
      if (isGone || (facts !== null && expectedVersion !== undefined && facts.version !== String(expectedVersion))) return false;
      if (command !== undefined && !(await this.store.remember(state, command))) return false;
      this.published(textOf(publication, ''));
      return true;
    },
    // No recorded session is concurrent.
    claimUntil: async () => false,
    claimWarnings: async ({ version, epoch }, thresholds) => {
      const facts = this.#live === undefined ? null : readFacts(this.#live.facts);
      if (facts === null || facts.version !== String(version) || facts.epoch !== String(epoch)) return null;
      const armed = (facts.warnings ?? '').split(',');
      const claimed = thresholds.filter((threshold) => armed.includes(String(threshold)));
      const left = armed.filter((threshold) => !claimed.includes(Number(threshold))).join(',');
      if (this.#stored !== undefined) this.#stored.facts = writeFacts({ ...facts, warnings: left === '' ? null : left });
      return claimed;
    },
    overdue: async () => [],
    forget: async () => {},
    setAside: async () => {},
    fromOtherRun: async () => this.#live !== undefined && readFacts(this.#live.facts).redisRun !== String(this.run),
    positions: async (ids) => ids.map(() => toPosition(this.#live?.facts ?? '')),
  };

  /** commit.lua, argument by argument. */
  #commit(commit: Commit, { args, events, lastHash, publications }: Sent): CommitResult {
    const [base, baseEpoch, token = '', , version, epoch, status, kind, text = '', lifetime, , armed = ''] = args;
    const [record = '', rememberMs, earliest, latest, hash = '', baseToken = ''] = args.slice(12);
    const [, , replaces, pieceCount, expiredSince = '-', undo = ''] = args.slice(18);
    const stored = this.#live;
    const known = stored === undefined ? null : readFacts(stored.facts);
    const live = known !== null && known.kind !== 'session_deleted' ? known : null;
    const command = commit.command === undefined ? null : this.#remembered(keyOf(commit.command));
    if (command !== null) return { outcome: 'repeated', session: this.#session(), command };
    const isOther = live !== null && (live.epoch !== baseEpoch || !(live.tokens ?? '').startsWith(baseToken));
    const isSpent = known !== null && live === null && (baseEpoch !== '0' || Number(known.epoch) >= Number(epoch));
    if ((live?.version ?? '0') !== base || isOther || isSpent) return { outcome: 'conflict', session: this.#session() };
    if (live !== null && live.redisRun !== String(this.run) && live.epoch === epoch) return { outcome: 'other_run' };
    const time = Math.floor(this.now);
    if (time < Number(earliest) || time > Number(latest)) return { outcome: 'clock' };

    const added = armed.startsWith('+') ? [...(live?.warnings ?? '').split(','), ...armed.slice(1).split(',')] : armed.split(',');
    const warnings = [...new Set(added)].filter((threshold) => threshold !== '').join(',');
    const tokens = token + (known?.tokens ?? '').slice(0, 7 * TOKEN_LENGTH);
    const facts = writeFacts({
      version: version ?? '',
      epoch: epoch ?? '',
      status: status ?? '',
      kind: kind ?? '',
      redisRun: String(this.run),
      hash: hash === '' ? null : hash,
      expiredSince,
      warnings: warnings === '' ? null : warnings,
      tokens,
    });
    if (status !== 'running' || text === '') this.seen = 0;
    const pieces = new Map(replaces === '1' ? [] : stored?.pieces);
    const newPieces = args.slice(24, 24 + 2 * Number(pieceCount));
    for (let at = 0; at < newPieces.length; at += 2) pieces.set(newPieces[at] ?? '', newPieces[at + 1] ?? '');
    if (stored !== undefined) this.#saved = [...this.#saved, stored].slice(-4);
    this.#stored = { facts, text, pieces, undo, expires: this.now + Number(lifetime) };
    if (record !== '' && commit.command !== undefined) {
      this.#records.set(keyOf(commit.command), { json: record, expires: this.now + Number(rememberMs) });
    }
    const whole = wholeOf(this.#stored);
    const states = args.slice(24 + newPieces.length);
    const entries = events.map((event, index) => ({ event, state: states[2 * index + 1] || whole }));
    const published = publications.map((publication) => textOf(publication, whole));
    this.committed({ commit, sent: { args, events, lastHash, publications }, entries, published });
    return { outcome: 'committed', lastHash, token };
  }
}

/** A state with its pieces in place. */
function wholeOf({ text, pieces }: Stored): string {
  return pieces.size > 0 && text.endsWith('[') ? `${text}${[...pieces.values()].join(',')}]}` : text;
}

/** What subscribers get. */
function textOf({ head, tail }: Publication, state: string): string {
  return tail === '' ? head : head + state.replace(/^\{"schema":\d+,/, '{') + tail;
}

function keyOf({ id, sender }: { id: string; sender?: string | undefined }): string {
  return `${sender ?? ''}/${id}`;
}
