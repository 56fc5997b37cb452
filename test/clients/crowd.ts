import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

/**
 * Everybody drops their connection, if they have one, and comes (back) to `url` at an instant of their own within
 * `spreadMs`.
 */
export interface CrowdOrder {
  url: string;
  /** One client for each; without it those who are there already. */
  sessions?: string[];
  spreadMs: number;
  /** Whether they ask to be told only what has changed; 2 for that of concurrent sessions, too. */
  deltas?: boolean | 2;
  /** Whether all of them join in one instant, when the last one is connected; how long each took counts from there. */
  together?: boolean;
}

export interface CrowdReport {
  /** Until the last one was in its room. */
  tookMs: number;
  /** Of each client. */
  took: number[];
  refused: Record<string, number>;
  failed: number;
}

/** Thousands of clients, one a session, each of which comes back by itself. */
export class Crowd {
  readonly #child: ChildProcess;

  constructor() {
    this.#child = fork(path.resolve(import.meta.dirname, 'crowd-process.ts'), {
      execArgv: ['--import', 'tsx', '--conditions=development'],
      env: { PATH: process.env['PATH'] ?? '' },
      serialization: 'advanced',
    });
  }

  /** Resolves when all of them are in their rooms. */
  async enter(order: CrowdOrder): Promise<CrowdReport> {
    return this.#ask<CrowdReport>(order);
  }

  /** The version that each client knows of its session. */
  async known(): Promise<[string, number][]> {
    return this.#ask('known');
  }

  /** All of them hang up. */
  async leave(): Promise<void> {
    await this.#ask('leave');
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.disconnect();
    await gone;
  }

  async #ask<Answer>(order: CrowdOrder | 'known' | 'leave'): Promise<Answer> {
    const answer = once(this.#child, 'message');
    this.#child.send(order);
    return ((await answer) as [Answer])[0];
  }
}
