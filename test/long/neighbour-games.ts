import { setTimeout as wait } from 'node:timers/promises';
import { chess } from '../kit/games.ts';
import type { Cluster, InstanceProcess } from '../kit/server.ts';
import type { TestClient } from '../kit/socket-client.ts';

const GAMES = 10;
const ROUND_MS = 6_000;
/** Below the limits: eight a second of each session. */
const PAUSE_MS = 125;

/** Ten games of other people on an instance, whose switches are measured. */
export class NeighbourGames {
  readonly #games: { player: TestClient; session_id: string }[];

  private constructor(games: { player: TestClient; session_id: string }[]) {
    this.#games = games;
  }

  static async start(cluster: Cluster, app: InstanceProcess): Promise<NeighbourGames> {
    const games = Array.from({ length: GAMES }, async () => {
      const player = await cluster.client(app);
      const { session_id } = await player.ok('session:create', chess());
      await player.ok('session:start', { session_id });
      return { player, session_id };
    });
    return new NeighbourGames(await Promise.all(games));
  }

  /** Plays for six seconds. Returns how long a switch took, ms at the 99th percentile. */
  async p99(): Promise<number> {
    const took = (await Promise.all(this.#games.map(play))).flat().toSorted((a, b) => a - b);
    return took[Math.floor(took.length * 0.99)] ?? 0;
  }
}

async function play({ player, session_id }: { player: TestClient; session_id: string }): Promise<number[]> {
  const took: number[] = [];
  const end = performance.now() + ROUND_MS;
  while (performance.now() < end) {
    const began = performance.now();
    await player.ok('session:switch', { session_id });
    took.push(performance.now() - began);
    await wait(PAUSE_MS);
  }
  return took;
}
