import { setTimeout as wait } from 'node:timers/promises';
import { copySession } from './copies.ts';
import { Crowd } from './crowd.ts';
import { Player, within } from './player.ts';
import type { Program } from './program.ts';
import type { Load } from './scale-model.ts';
import { SERVICE_PREFIX, type Stage } from './stage.ts';
import { costOf } from './usage.ts';

const STRETCH_DEADLINE_MS = 60_000;

/** What was done in a stretch of time, and what CPU that took. */
export interface Stretch {
  load: Load;
  instancesUs: number;
  redisUs: number;
}

/** Instances on one Redis or a cluster, with players and viewers: for measurements of scaling. */
export class LoadedInstances {
  readonly #stage: Stage;
  readonly #instances: Program[];
  readonly #crowd: Crowd;
  #players: Player[] = [];
  #viewersOfAGame = 0;
  #connections = 0;

  private constructor(stage: Stage, instances: Program[], crowd: Crowd) {
    this.#stage = stage;
    this.#instances = instances;
    this.#crowd = crowd;
  }

  static async open(stage: Stage, instances: number): Promise<LoadedInstances> {
    const started: Program[] = [];
    for (let index = 0; index < instances; index++) started.push(await stage.service());
    return new LoadedInstances(stage, started, await Crowd.open(stage));
  }

  /** Creates so many games, each with a player on the instances in turn. */
  async seat(games: number): Promise<void> {
    for (let index = 0; index < games; index++) {
      this.#players.push(await Player.ofService(this.#instances[index % this.#instances.length]?.url ?? '', `bench-game-${index}`, false));
    }
    this.#stage.onClose(async () => this.#players.forEach((player) => player.close()));
    this.#connections += games;
  }

  /** Adds so many viewers to every game on every instance. */
  async view(each: number): Promise<void> {
    const ids = this.#players.map((_, index) => `bench-game-${index}`);
    for (const { url } of this.#instances) await this.#crowd.gather('service', [url], each * ids.length, ids);
    this.#viewersOfAGame += each * this.#instances.length;
    this.#connections += each * this.#instances.length * ids.length;
  }

  /** Connects clients in pairs to games that nobody plays. Returns the cost of connecting them. */
  async settle(clients: number): Promise<Stretch> {
    const ids = await copySession(this.#stage.redis, SERVICE_PREFIX, 'bench-game-0', 'bench-still', clients / 2);
    const urls = this.#instances.map(({ url }) => url);
    const before = this.#connections;
    const stretch = await this.#stretch({ arrivals: clients }, async () => {
      await this.#crowd.gather('service', urls, clients, ids);
      return 0;
    });
    this.#connections += clients;
    return { ...stretch, load: { ...stretch.load, connections: before } };
  }

  /** Waits without any command. */
  async rest(ms: number): Promise<Stretch> {
    return this.#stretch({}, async () => {
      await wait(ms);
      return 0;
    });
  }

  /** Lets all players play at once for a while, each with one command on its way. */
  async play(ms: number): Promise<Stretch> {
    return this.#stretch({}, async () => {
      const end = performance.now() + ms;
      const counts = await Promise.all(
        this.#players.map(async (player) => {
          let done = 0;
          for (; performance.now() < end; done++) await player.switch();
          return done;
        }),
      );
      const commands = counts.reduce((sum, count) => sum + count, 0);
      await this.#crowd.updates(commands * this.#viewersOfAGame);
      return commands;
    });
  }

  async #stretch(known: Partial<Load>, work: () => Promise<number>): Promise<Stretch> {
    const began = performance.now();
    const cost = await within(STRETCH_DEADLINE_MS, 'a stretch', costOf(this.#stage, this.#instances, work));
    const commands = cost.result;
    const receipts = this.#viewersOfAGame === 0 ? 0 : commands * (this.#instances.length - 1);
    const load = {
      instances: this.#instances.length,
      shards: this.#stage.shards.length,
      seconds: (performance.now() - began) / 1000,
      commands,
      deliveries: commands * this.#viewersOfAGame,
      receipts,
      arrivals: 0,
      connections: this.#connections,
      ...known,
    };
    return { load, instancesUs: cost.programUs, redisUs: cost.redisUs };
  }
}
