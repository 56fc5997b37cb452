import { setTimeout as wait } from 'node:timers/promises';
import type { Socket } from 'socket.io-client';
import { bounded, compare, noted, type Plan, takeTurns } from '../kit/compare.ts';
import { JOIN } from '../kit/crowd.ts';
import { call, connectClient, type Player, seatPlayers, within } from '../kit/player.ts';
import type { Row } from '../kit/row.ts';
import type { Side } from '../kit/stage.ts';
import { percentile } from '../kit/statistics.ts';
import { costOf, profiled } from '../kit/usage.ts';

const CLIENTS = 64;
const FULL = { rounds: 12, turns: 12, deliveries: 60, warmUpMs: 3_000, loadMs: 8_000 };
const SMOKE = { rounds: 3, turns: 4, deliveries: 20, warmUpMs: 500, loadMs: 500 };
const TURN_DEADLINE_MS = 30_000;
const DELIVERY_DEADLINE_MS = 10_000;
const HALF_LOAD_P99_MS = 20;
const ABSOLUTE_MS = 100;

/** A game on one instance whose updates a client of the other instance hears. */
interface Game {
  /** Sends something to its room; resolves when the sender is answered. */
  tell: () => Promise<void>;
  watcher: Socket;
}

/**
 * Milliseconds until the client of the other instance was told, for one update; ends when both that and the answer are
 * there.
 */
async function deliver({ tell, watcher }: Game, sent = performance.now()): Promise<number> {
  const told = new Promise<number>((resolve) => watcher.once('session:update', () => resolve(performance.now() - sent)));
  const [latency] = await within(DELIVERY_DEADLINE_MS, 'a delivery', Promise.all([told, tell()]));
  return latency;
}

/** Sends in all games as fast as possible, each with one update on its way. Returns the updates a second. */
async function fastest(games: Game[], ms: number): Promise<number> {
  const began = performance.now();
  let done = 0;
  await Promise.all(
    games.map(async (game) => {
      for (; performance.now() - began < ms; done++) await deliver(game);
    }),
  );
  return (done * 1000) / (performance.now() - began);
}

/** Sends in all games at a steady rate. The latency of a late send counts from when it was due. */
async function steadily(games: Game[], perSecond: number, ms: number): Promise<number[]> {
  const every = (games.length * 1000) / perSecond;
  const began = performance.now();
  const play = async (game: Game, index: number) => {
    const latencies: number[] = [];
    for (let due = began + (index * every) / games.length; due < began + ms; due += every) {
      const early = due - performance.now();
      if (early > 0) await wait(early);
      latencies.push(await deliver(game, early > 0 ? performance.now() : due));
    }
    return latencies;
  };
  return (await Promise.all(games.map(play))).flat();
}

/** Latency from a client on one instance to a client of another instance. */
export const deliveryRow: Row = {
  name: 'delivery',
  title: 'Delivery to a client of the other instance, against a bare emit through the adapter of two instances',
  async run(stage, { smoke, progress, profile }) {
    const programs = {
      service: [await stage.service(), await stage.service()],
      control: [await stage.switchControl(), await stage.switchControl()],
    };
    const urls = { service: programs.service.map(({ url }) => url), control: programs.control.map(({ url }) => url) };
    const players = await seatPlayers(stage, urls, CLIENTS);
    const watchers: Socket[] = [];
    stage.onClose(async () => [...Object.values(players).flat(), ...watchers].forEach((client) => client.close()));
    const watch = async (side: Side, index: number): Promise<Game> => {
      const session_id = `bench-game-${index}`;
      const watcher = await connectClient(urls[side][(index + 1) % 2] ?? '');
      watchers.push(watcher);
      await call(watcher, JOIN[side], { session_id });
      const { socket, switch: play } = bound(players[side][index]);
      const emit = async () => void (await call(socket, 'control:emit', { session_id }));
      return { tell: side === 'service' ? play : emit, watcher };
    };
    const games: Record<Side, Game[]> = { service: [], control: [] };
    for (const side of ['service', 'control'] as const) {
      for (let index = 0; index < CLIENTS; index++) games[side].push(await watch(side, index));
    }
    const { deliveries, warmUpMs, loadMs, ...plan }: Plan & typeof FULL = smoke ? SMOKE : FULL;

    progress('as fast as they can');
    const most = { control: await fastest(games.control, warmUpMs), service: await fastest(games.service, warmUpMs) };
    const one = async (side: Side) => {
      const [game] = games[side];
      if (game === undefined) throw new Error('no game');
      if (side === 'service') await stage.trimOutboxes();
      const work = async () => {
        const latencies: number[] = [];
        for (let index = 0; index < deliveries; index++) latencies.push(await deliver(game));
        return latencies;
      };
      return within(TURN_DEADLINE_MS, 'a turn', costOf(stage, programs[side], work));
    };
    const [first] = programs.service;
    if (first === undefined) throw new Error('no instance');
    const rounds = await profiled(first, profile, () => takeTurns(plan, one, progress));
    progress(`half load: ${Math.round(most.service / 2)} updates a second`);
    const loaded: number[] = [];
    const loadedControl: number[] = [];
    // The two sides take short turns.
    for (let piece = 0; piece < 4; piece++) {
      loaded.push(...(await steadily(games.service, most.service / 2, loadMs / 4)));
      loadedControl.push(...(await steadily(games.control, most.service / 2, loadMs / 4)));
    }
    const p = (share: number) =>
      noted(
        `at half load (${Math.round(most.service / 2)}/s): p${share * 100}`,
        'ms',
        percentile(loaded, share),
        percentile(loadedControl, share),
      );
    const all = (turns: { result: number[] }[]) => turns.flatMap(({ result }) => result);
    return [
      compare('latency p50', 'ms', rounds, (turns) => percentile(all(turns), 0.5), { ratio: 1.25, sense: 'at most' }),
      bounded(
        compare('latency p99', 'ms', rounds, (turns) => percentile(all(turns), 0.99)),
        ABSOLUTE_MS,
      ),
      compare(
        'CPU of both processes',
        'µs an update',
        rounds,
        (turns) => turns.reduce((sum, turn) => sum + turn.programUs, 0) / all(turns).length,
      ),
      noted('as fast as 64 games can', 'updates/s', most.service, most.control),
      p(0.5),
      bounded(p(0.99), HALF_LOAD_P99_MS),
    ];
  },
};

function bound(player: Player | undefined): { socket: Socket; switch: () => Promise<void> } {
  if (player === undefined) throw new Error('nobody plays');
  return { socket: player.socket, switch: () => player.switch() };
}
