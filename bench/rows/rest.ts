import { Agent, request } from 'node:http';
import { compare, type Measure } from '../kit/compare.ts';
import { connectClient, Player, within } from '../kit/player.ts';
import type { Row } from '../kit/row.ts';
import { Seeder } from '../kit/seeding.ts';
import { percentile } from '../kit/statistics.ts';
import { profiled } from '../kit/usage.ts';

const FULL = { warmUpMs: 4_000, rounds: 6, turnMs: 1_000 };
const SMOKE = { warmUpMs: 300, rounds: 2, turnMs: 250 };
const MANY = 16;
const TURN_DEADLINE_MS = 20_000;

/**
 * What the service that this one replaces did over REST on a machine of this kind: its best figures, by the number of
 * clients.
 */
const BEFORE = { p50: 2.8, perSecond: { 1: 213, [MANY]: 575 } } as const;

interface Turn {
  latencies: number[];
  perSecond: number;
}

/** One switch over REST on a connection that is kept. */
async function switchOverRest(url: string, agent: Agent, sessionId: string): Promise<void> {
  const headers = { 'content-type': 'application/json', 'content-length': 2 };
  await new Promise<void>((resolve, reject) => {
    const sent = request(`${url}/v1/sessions/${sessionId}/switch`, { method: 'POST', agent, headers }, (response) => {
      response.resume();
      response.once('end', () => (response.statusCode === 200 ? resolve() : reject(new Error(`a switch got ${response.statusCode}`))));
    });
    sent.once('error', reject);
    sent.end('{}');
  });
}

/** All clients play at once, each sending as soon as it is answered. */
async function playAll(switches: (() => Promise<void>)[], ms: number): Promise<Turn> {
  const began = performance.now();
  const latencies: number[] = [];
  await Promise.all(
    switches.map(async (switchOnce) => {
      for (let sent = performance.now(); sent - began < ms; sent = performance.now()) {
        await switchOnce();
        latencies.push(performance.now() - sent);
      }
    }),
  );
  return { latencies, perSecond: (latencies.length * 1000) / (performance.now() - began) };
}

/** Switches over REST and over sockets on one instance, beside the figures of the former service over REST. */
export const restRow: Row = {
  name: 'rest',
  title: 'Switches on one instance (control: the best figures of the service before, over REST, from its design)',
  async run(stage, { smoke, progress, profile }) {
    const { warmUpMs, rounds, turnMs } = smoke ? SMOKE : FULL;
    const service = await stage.service();
    const { url } = service;
    const socket = await connectClient(url);
    const seeder = new Seeder(url, [socket]);
    const agent = new Agent({ keepAlive: true, maxSockets: MANY });
    const states = await seeder.seed('bench-rest', MANY, () => 86_400_000);
    const players: Player[] = [];
    for (let index = 0; index < MANY; index++) players.push(await Player.ofService(url, `bench-game-${index}`, false));
    stage.onClose(async () => {
      for (const client of [socket, seeder, ...players]) client.close();
      agent.destroy();
    });
    const ways = {
      'over REST': states.map(
        ({ session_id }) =>
          () =>
            switchOverRest(url, agent, session_id),
      ),
      'over sockets': players.map((player) => () => player.switch()),
    };
    progress('warming up');
    for (const switches of Object.values(ways)) await playAll(switches, warmUpMs / 2);
    const found: Record<string, Turn[]> = {};
    await profiled(service, profile, async () => {
      for (let round = 0; round < rounds; round++) {
        for (const [way, switches] of Object.entries(ways)) {
          for (const clients of [1, MANY] as const) {
            await stage.trimOutboxes();
            const turn = await within(TURN_DEADLINE_MS, 'a turn', playAll(switches.slice(0, clients), turnMs));
            (found[`${way}, ${clients} client${clients === 1 ? '' : 's'}`] ??= []).push(turn);
          }
        }
        progress(`round ${round + 1} of ${rounds}`);
      }
    });
    return Object.entries(found).flatMap(([name, turns]): Measure[] => {
      const clients = name.endsWith('s') ? MANY : 1;
      const before = (value: number) => turns.map((turn) => ({ service: [turn], control: [{ latencies: [value], perSecond: value }] }));
      const rate = compare(
        `${name}: throughput`,
        'commands/s',
        before(BEFORE.perSecond[clients]),
        ([turn]) => turn?.perSecond ?? Number.NaN,
        { ratio: 10, sense: 'at least' },
      );
      if (clients === MANY) return [rate];
      const p50 = compare(`${name}: latency p50`, 'ms', before(BEFORE.p50), ([turn]) => percentile(turn?.latencies ?? [], 0.5), {
        ratio: 0.1,
        sense: 'at most',
      });
      return [p50, rate];
    });
  },
};
