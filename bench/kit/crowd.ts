import type { Gathering } from '../programs/crowd.ts';
import type { Program } from './program.ts';
import type { Side, Stage } from './stage.ts';

/** What a client of each side sends to hear of a session. */
export const JOIN: Record<Side, string> = { service: 'session:join', control: 'control:join' };

const AT_ONCE = 100;

/** Many clients in a process of their own. */
export class Crowd {
  readonly #program: Program;

  private constructor(program: Program) {
    this.#program = program;
  }

  static async open(stage: Stage): Promise<Crowd> {
    return new Crowd(await stage.crowd());
  }

  /**
   * Connects `count` clients, in turn to each url; with sessions each joins one, in turn. Resolves with how long it
   * took, seconds.
   */
  async gather(side: Side, urls: string[], count: number, session_ids: string[] = []): Promise<number> {
    const join = session_ids.length === 0 ? null : { event: JOIN[side], session_ids };
    const gathering: Gathering = { urls, count, join, atOnce: Math.min(AT_ONCE, count) };
    return this.#program.ask('gather', gathering);
  }

  /** Resolves when all clients together have received so many more updates. */
  async updates(count: number): Promise<void> {
    await this.#program.ask('updates', count);
  }

  /** Closes all connections. */
  async leave(): Promise<void> {
    await this.#program.ask('leave', null);
  }
}
