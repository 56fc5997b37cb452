import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { isAfter } from '#clock';
import type { HistoryData, HistoryEvent, SessionState } from '#contract';
import { canonicalJson } from '../../server/domain/canonical.ts';
import { chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import type { TestClient } from '../kit/socket-client.ts';
import { until } from '../kit/until.ts';

/** Between two commands of a player. */
const PAUSE_MS = 25;
const PAGE = 1_000;
/** Within this an instance is back after a failover. */
const BACK_MS = 5_000;

/** Games that are changed without a pause, and everything that was said about them. */
export class Load {
  readonly ids: string[] = [];
  /** States that a player was told by an acknowledgement, in order, by session. */
  readonly acknowledged = new Map<string, SessionState[]>();
  /** Monotonic ms at which each command was sent and answered, by session. */
  readonly answers: { id: string; sent: number; at: number; code: string }[] = [];
  readonly #told = new Map<string, string>();
  readonly #stop = new AbortController();
  #players: Promise<void>[] = [];

  /** Creates running games by one client, which another one watches. */
  static async begin(games: number, player: TestClient, watcher: TestClient): Promise<Load> {
    const load = new Load();
    for (let game = 0; game < games; game++) {
      const { session_id } = await player.ok('session:create', chess());
      await watcher.ok('session:join', { session_id });
      await player.ok('session:start', { session_id });
      load.ids.push(session_id);
    }
    for (const client of [player, watcher]) {
      client.socket.on('session:update', ({ state }: { state: SessionState }) => load.#tell(state));
    }
    load.#players = load.ids.map((id) => load.#play(id, player));
    return load;
  }

  /** Ends it when every game has been changed once more. */
  async end(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#players);
  }

  async #play(session_id: string, player: TestClient): Promise<void> {
    const states: SessionState[] = [];
    this.acknowledged.set(session_id, states);
    for (let delta_ms = 1; !this.#stop.signal.aborted; delta_ms = -delta_ms) {
      const sent = performance.now();
      const reply = await player.command('session:adjust', { session_id, delta_ms, participant_id: 'black' });
      const code = reply.ok ? 'ok' : reply.error.code;
      this.answers.push({ id: session_id, sent, at: performance.now(), code });
      if (reply.ok) {
        states.push(reply.data);
        this.#tell(reply.data);
      }
      await wait(PAUSE_MS);
    }
  }

  /** No version of an epoch means two things. */
  #tell(state: SessionState): void {
    const key = `${state.session_id} ${state.epoch} ${state.version}`;
    const text = canonicalJson(state);
    const before = this.#told.get(key) ?? text;
    this.#told.set(key, text);
    if (before !== text) throw new Error(`${key} means two things:\n${before}\n${text}`);
  }

  /** For how long each game got no acknowledgement around an instant (monotonic ms); Infinity if for ever. */
  gapsAround(instant: number): number[] {
    return this.ids.map((id) => {
      const ok = this.answers.filter((answer) => answer.id === id && answer.code === 'ok');
      const after = ok.find(({ sent }) => sent > instant)?.at ?? Infinity;
      return after - (ok.findLast(({ at }) => at <= instant)?.at ?? instant);
    });
  }

  /**
   * Holds what the trail tells against what was said: it is whole up to the present, what it has is what was told, and
   * what was acknowledged and is not there was overwritten by a newer epoch. Returns how many acknowledged commands
   * were lost that way.
   */
  async check(instance: { url: string }, player: TestClient): Promise<number> {
    let lost = 0;
    for (const session_id of this.ids) {
      // The games went on by the player's instance; the watcher's may still be on its way back.
      const present = await until(
        `${session_id} is read by the other instance`,
        async () => {
          const reply = await player.command('session:get', { session_id });
          return reply.ok && reply.data;
        },
        BACK_MS,
      );
      const rows = await until(`the trail of ${session_id}`, async () => this.#history(instance, present));
      expect(rows.map(({ version }) => version)).to.deep.equal(Array.from({ length: present.version }, (_, index) => index + 1));
      for (const { epoch, version, state_snapshot } of rows) {
        const told = this.#told.get(`${session_id} ${epoch} ${version}`);
        if (told !== undefined) expect(canonicalJson(state_snapshot), `${session_id} ${version}`).to.equal(told);
      }
      for (const { epoch, version } of this.acknowledged.get(session_id) ?? []) {
        expect(
          isAfter({ epoch, version }, present),
          `${session_id}: ${epoch}/${version} is ahead of ${present.epoch}/${present.version}`,
        ).to.equal(false);
        if (rows[version - 1]?.epoch === epoch) continue;
        lost++;
        expect(present.epoch, `${session_id}: version ${version} was acknowledged and is lost`).to.be.greaterThan(epoch);
      }
    }
    return lost;
  }

  async #history(instance: { url: string }, present: SessionState): Promise<HistoryEvent[] | false> {
    const rows: HistoryEvent[] = [];
    while (rows.length < present.version) {
      const path = `/v1/sessions/${present.session_id}/events?limit=${PAGE}&after_version=${rows.length}`;
      const reply = (await rest(instance, 'GET', path)).reply<HistoryData>();
      if (!reply.ok || reply.data.events.length === 0) return false;
      rows.push(...reply.data.events);
    }
    return rows.at(-1)?.epoch === present.epoch && rows;
  }
}
