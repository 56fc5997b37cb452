import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { CreatePayload, Reply, UpdateEvent } from '#contract';
import { chess } from '../kit/games.ts';
import { TestClient } from '../kit/socket-client.ts';
import { insist } from './insist.ts';

const GRACE_MS = 20;
const PACE_MS = 50;
/**
 * Eight thousand connections that break in one instant take the better part of a second of a CPU, and that may be
 * shared with others.
 */
const ANSWER_MS = 20_000;
const AUCTION_MS = 1_000;

export interface BystanderReport {
  /** Switches that were acknowledged, and how long that took, ms. */
  commands: number;
  p50: number;
  p99: number;
  slowest: number;
  /** Switches that may be sent again: the server was too busy for them. */
  refused: number;
  /** Switches that were refused for good or not answered, in words. */
  unanswered: string[];
  /** Cycles that ran out, and the latest of them after its grace, ms. */
  expiries: number;
  latestMs: number;
  /** Cycles that nobody was told of. */
  skipped: number;
}

/**
 * Sessions that have nothing to do with a storm: some play without a pause, in some every cycle runs out, a second
 * after the other.
 */
export class Bystanders {
  readonly #client: TestClient;
  readonly #players: Promise<void>[] = [];
  readonly #cycles = new Map<string, number>();
  #took: number[] = [];
  #refused = 0;
  #unanswered: string[] = [];
  #late: number[] = [];
  #skipped = 0;
  #left = false;

  private constructor(client: TestClient) {
    this.#client = client;
    client.socket.on('session:update', (update: UpdateEvent) => this.#see(update));
  }

  static async arrive(url: string, { games, auctions }: { games: number; auctions: number }): Promise<Bystanders> {
    const bystanders = new Bystanders(await TestClient.connect(url));
    const client = bystanders.#client;
    const start = async (payload: CreatePayload) => {
      const session_id = randomUUID();
      await insist(client, 'session:create', { ...payload, session_id, command_id: 'create' });
      await insist(client, 'session:start', { session_id, command_id: 'start' });
      return session_id;
    };
    for (let n = 0; n < auctions; n++) {
      await start({ sync_mode: 'per_cycle', time_per_cycle_ms: AUCTION_MS, auto_advance: true, warning_thresholds_ms: [] });
    }
    for (let n = 0; n < games; n++) bystanders.#players.push(bystanders.#play(await start(chess())));
    return bystanders;
  }

  /** What they have seen since they were last asked. */
  report(): BystanderReport {
    const sorted = this.#took.toSorted((a, b) => a - b);
    const at = (share: number) => Math.round(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0);
    const report = {
      commands: sorted.length,
      p50: at(0.5),
      p99: at(0.99),
      slowest: at(1),
      refused: this.#refused,
      unanswered: this.#unanswered,
      expiries: this.#late.length,
      latestMs: Math.max(0, ...this.#late),
      skipped: this.#skipped,
    };
    this.#took = [];
    this.#refused = 0;
    this.#unanswered = [];
    this.#late = [];
    return report;
  }

  async leave(): Promise<void> {
    this.#left = true;
    await Promise.all(this.#players);
    this.#client.close();
  }

  async #play(session_id: string): Promise<void> {
    while (!this.#left) {
      const begun = performance.now();
      const sent = this.#client.socket.timeout(ANSWER_MS).emitWithAck('session:switch', { session_id }) as Promise<Reply<unknown>>;
      const reply = await sent.catch((error: Error) => error);
      if (reply instanceof Error) this.#unanswered.push(reply.message);
      else if (!reply.ok && reply.error.retryable) this.#refused += 1;
      else if (!reply.ok) this.#unanswered.push(reply.error.code);
      else this.#took.push(performance.now() - begun);
      await wait(PACE_MS);
    }
  }

  #see({ event_type, state, server_time_ms }: UpdateEvent): void {
    if (event_type !== 'participant_expired') return;
    this.#late.push(server_time_ms - Date.parse(state.updated_at) - GRACE_MS);
    const before = this.#cycles.get(state.session_id) ?? 0;
    this.#skipped += state.cycle_count - before - 1;
    this.#cycles.set(state.session_id, state.cycle_count);
  }
}
