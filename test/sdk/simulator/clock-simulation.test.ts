import { expect } from 'chai';
import { exchangeFive, METHODS } from './others.ts';
import { type Network, type Scenario, seeded, World } from './world.ts';

const SEED = 20_261_122;
const LOOK_MS = 250;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const wifi: Network = { there: 13, back: 13, jitter: 2, spikes: { share: 0.05, most: 200 } };
const mobile: Network = { there: 50, back: 50, jitter: 10, spikes: { share: 0.05, most: 800 } };
const lopsided: Network = { there: 78, back: 18, jitter: 2, spikes: { share: 0.05, most: 200 } };

/** `p99`: how good ours must be; none where no method can know, as on a lopsided way. */
const SCENARIOS: (Scenario & { p99?: number })[] = [
  { name: '30 ms Wi-Fi with spikes', network: wifi, hours: 2, p99: 5 },
  { name: '120 ms mobile', network: mobile, hours: 2, p99: 15 },
  { name: '100 ms, 80 there and 20 back', network: lopsided, hours: 2 },
  { name: '30 ms, the device 40 ppm slow', network: wifi, hours: 2, drift: -40e-6, p99: 5 },
  { name: '120 ms, the device 40 ppm fast', network: mobile, hours: 2, drift: 40e-6, p99: 15 },
  { name: '30 ms, asleep for ten minutes', network: wifi, hours: 2, drift: 40e-6, sleep: { at: HOUR, lasts: 10 * MINUTE }, p99: 5 },
  { name: '30 ms, the server’s clock set by 3 s', network: wifi, hours: 6, step: { at: 3 * HOUR, by: 3_000 } },
  { name: '30 ms, the server’s clock set back by 2 s', network: wifi, hours: 6, step: { at: 3 * HOUR, by: -2_000 } },
  { name: '30 ms, the server’s clock set back by 0.1 s', network: wifi, hours: 6, step: { at: 3 * HOUR, by: -100 } },
];

interface Look {
  at: number;
  device: number;
  shown: number;
  error: number;
  bound: number;
  synced: boolean;
}

/** Looks at the clock four times a second through a whole scenario. */
async function watch(scenario: Scenario): Promise<{ looks: Look[]; others: Record<string, number[]> }> {
  const world = new World(scenario, SEED);
  const random = seeded(SEED + 1);
  const offsets: Record<string, number> = {};
  const others: Record<string, number[]> = {};
  const looks: Look[] = [];
  world.sync.follow();
  for (let at = 0; at < scenario.hours * HOUR; at += LOOK_MS) {
    await world.runUntil(at);
    if (world.time > at) continue;
    const shown = world.sync.now();
    const { bound, state } = world.sync.status();
    looks.push({
      at,
      device: world.clock.monotonic(),
      shown,
      error: Math.abs(shown - world.serverTime()),
      bound,
      synced: state === 'synced',
    });
    const exchanges = at % MINUTE === 0 ? exchangeFive(world, random) : [];
    for (const [name, method] of Object.entries(METHODS)) {
      if (exchanges.length > 0) offsets[name] = method(exchanges);
      (others[name] ??= []).push(Math.abs(world.clock.wall() + (offsets[name] ?? 0) - world.serverTime()));
    }
  }
  world.sync.stop();
  return { looks, others };
}

function quantile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function column(values: number[]): string {
  return `${quantile(values, 0.95).toFixed(1)} / ${quantile(values, 0.99).toFixed(1)}`.padStart(18);
}

describe('clock simulation', () => {
  const table: string[] = [];
  after(() => {
    const head = ['', 'ours', ...Object.keys(METHODS)].map((name, n) => (n === 0 ? name.padEnd(46) : name.padStart(18))).join('');
    console.log(['', 'Error of the clock in a simulation, p95 / p99 in ms', head, ...table, ''].join('\n'));
  });

  for (const scenario of SCENARIOS) {
    it(`J-10 J-11 J-12 the clock is never further off than its bound, and time never runs backwards: ${scenario.name}`, async () => {
      const { looks, others } = await watch(scenario);
      const known = looks.filter(({ synced }) => synced);
      const errors = known.map(({ error }) => error);
      table.push([scenario.name.padEnd(46), column(errors), ...Object.values(others).map(column)].join(''));

      expect(known[0]?.at, 'usable within a second').to.be.at.most(1_000);
      expect(known.length / looks.length, 'known nearly always').to.be.at.least(0.999);
      const held = looks.filter(({ error, bound }) => error <= bound).length / looks.length;
      expect(held, 'share of instants within the bound').to.be.at.least(0.999);
      if (scenario.p99 !== undefined) expect(quantile(errors, 0.99), 'p99').to.be.at.most(scenario.p99);

      for (const [n, look] of looks.entries()) {
        const before = looks[n - 1];
        if (before === undefined || !before.synced || !look.synced) continue;
        const [shown, device] = [look.shown - before.shown, look.device - before.device];
        const steps = Math.abs(shown - device) >= 200;
        if (steps) expect(scenario.step?.by, `a step at ${look.at} ms`).to.not.equal(undefined);
        // 5 ms a second of slewing, and what the fit of the drift may add.
        else expect(Math.abs(shown - device), `slewed at ${look.at} ms`).to.be.at.most((0.005 + 200e-6) * device + 0.01);
      }
    });
  }

  it('J-12 a sleep is noticed when the clock is next read, and the time is unknown until the next exchange', async () => {
    const world = new World({ name: '', network: wifi, hours: 1, sleep: { at: 5 * MINUTE, lasts: 10 * MINUTE } }, SEED);
    world.sync.follow();
    await world.runUntil(5 * MINUTE - 1);
    expect(world.sync.status().state).to.equal('synced');
    await world.runUntil(5 * MINUTE);
    await world.runUntil(world.time + 10 * MINUTE);
    const shown = world.sync.now();
    expect(Math.abs(shown - world.serverTime())).to.be.at.most(20);
    world.sync.stop();
  });
});
