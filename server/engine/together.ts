import { setTimeout as wait } from 'node:timers/promises';
import { isAfter } from '#clock';
import type { SessionEvent } from '../domain/event.ts';
import { mustCarrySnapshot } from '../domain/snapshots.ts';
import { Slice } from '../util/turns.ts';
import type { Outcome } from './command-context.ts';
import { isLive } from './committer.ts';
import type { Execution, ExecuteOptions } from './execute.ts';
import { type CommandKey, type LiveSession, StoreUnavailableError } from './ports.ts';

/** A command that waits for its turn at a session. */
interface Waiting {
  execution: Execution;
  resolve(outcome: Outcome): void;
  reject(error: unknown): void;
}

/** Commands that are decided one on top of the other, and what they do. */
interface Joint {
  events: SessionEvent[];
  /** The key of each command, at the place of its event. */
  commands: (CommandKey | undefined)[];
  /** The earliest and the latest instant that was judged, Unix ms. */
  oldest: number;
  newest: number;
}

/** How long deciding for one commit may hold the event loop, ms, and how many commands always fit. */
const SLICE_MS = 3;
const AT_LEAST = 8;
/**
 * After a commit of several commands fewer than ENOUGH wait so long for others, ms: a commit costs much more than a
 * command in it.
 */
const ENOUGH = 20;
const APART_MS = 40;
/** How long the publication of a commit may be behind the answer that it was first, ms. */
const BEHIND_MS = 5;
/** After so many races that other instances won, the first command runs alone. */
const TRIES = 5;

/**
 * Executes commands on sessions to which many send at once. Of each session this instance makes one commit at a time,
 * in the order in which commands arrived. Where several wait, one commit takes as many as can be decided in a few
 * milliseconds: a thousand commands that each made their own would race with each other, and with those of other
 * instances, for a state of half a megabyte. Each command has an event, a version and an idempotency record of its own.
 */
export class Together {
  readonly #options: ExecuteOptions;
  readonly #lines = new Map<string, Waiting[]>();

  constructor(options: ExecuteOptions) {
    this.#options = options;
  }

  /** Executes a command after those that wait for the same session. Rejects as `Execution.run` does. */
  run(sessionId: string, execution: Execution): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const waiting = { execution, resolve, reject };
      const line = this.#lines.get(sessionId);
      if (line !== undefined) line.push(waiting);
      else void this.#serve(sessionId, [waiting]);
    });
  }

  async #serve(sessionId: string, line: Waiting[]): Promise<void> {
    this.#lines.set(sessionId, line);
    while (line.length > 0) {
      try {
        if (line.length === 1 || !(await this.#commitSeveral(sessionId, line))) await runFirst(line);
        else if (line.length < ENOUGH) await wait(APART_MS);
      } catch (error) {
        // Every command of the line would meet the same outage.
        for (const { reject } of line.splice(0)) reject(error);
      }
    }
    this.#lines.delete(sessionId);
  }

  /** Commits several commands from the head of a line, and answers them. False if the first one must run alone. */
  async #commitSeveral(sessionId: string, line: Waiting[]): Promise<boolean> {
    const { cache, committer, liveness } = this.#options;
    await liveness.beSure();
    for (let tries = 0; tries < TRIES; tries++) {
      const base = cache.get(sessionId);
      if (base === undefined) return false;
      const { events, commands, oldest, newest } = await this.#decide(base, line);
      if (events.length < 2) return false;
      const result = await committer.commit({ base, events, instant: newest, oldest, command: undefined, commands });
      if (result.outcome === 'committed') {
        const answered = line.splice(0, events.length);
        for (const [index, { state }] of events.entries()) {
          answered[index]?.resolve({ ok: true, state, before: events[index - 1]?.state ?? base.state });
        }
        return true;
      }
      // Any other failure is left to the first command alone.
      if (result.outcome !== 'conflict' || !(await this.#findNewer(sessionId, base))) return false;
    }
    return false;
  }

  /**
   * Sees to it that the commit that won a race is in the cache. Of a large session it is published to all instances
   * with sockets in its room; only where none comes, the session is read. False if there is none.
   */
  async #findNewer(sessionId: string, base: LiveSession): Promise<boolean> {
    const { cache, store } = this.#options;
    if (isAfter(cache.get(sessionId), base)) return true;
    await wait(BEHIND_MS);
    if (isAfter(cache.get(sessionId), base)) return true;
    const { session } = await store.load(sessionId);
    if (isLive(session)) cache.replace(session);
    return isAfter(cache.get(sessionId), base);
  }

  /** Decides on commands from the head of a line, up to the first one that must run alone. */
  async #decide(base: LiveSession, line: readonly Waiting[]): Promise<Joint> {
    const joint: Joint = { events: [], commands: [], oldest: Number.POSITIVE_INFINITY, newest: 0 };
    const keys = new Set<string>();
    const slice = new Slice(SLICE_MS);
    let session = base;
    for (const { execution } of line) {
      const { key } = execution;
      const name = key && `${key.sender ?? ''}/${key.id}`;
      if (name !== undefined && keys.has(name)) break;
      // One that fails does so once more when it runs alone, and nobody else is told of it.
      const decided = await execution.decideAfter(base, session).catch(() => null);
      if (decided === null) break;
      const { event, instant } = decided;
      joint.events.push(event);
      joint.commands.push(key);
      joint.oldest = Math.min(joint.oldest, instant);
      joint.newest = Math.max(joint.newest, instant);
      if (name !== undefined) keys.add(name);
      // The stored state is its snapshot.
      if (mustCarrySnapshot(event, event.state, session.state)) break;
      if (joint.events.length >= AT_LEAST && slice.isOver) break;
      session = after(base, event);
    }
    return joint;
  }
}

/** A session as it would be after an event that a command made. */
function after(base: LiveSession, { state }: SessionEvent): LiveSession {
  return { ...base, version: state.version, state, expiredSince: null };
}

/** Runs the first command of a line as if it were alone. Throws only where the whole line meets the same outage. */
async function runFirst(line: Waiting[]): Promise<void> {
  const [first] = line;
  if (first === undefined) return;
  try {
    const outcome = await first.execution.run();
    line.shift();
    first.resolve(outcome);
  } catch (error) {
    if (error instanceof StoreUnavailableError) throw error;
    line.shift();
    first.reject(error);
  }
}
