import { SyncKairosClient } from '../../client-sdk/src/index.ts';
import { bounded, compare, noted } from '../kit/compare.ts';
import { within } from '../kit/player.ts';
import type { Row } from '../kit/row.ts';
import { percentile } from '../kit/statistics.ts';

const CLIENTS = { full: 100, smoke: 10 };
const DEADLINE_MS = 30_000;
const SYNC_MS = 50;

/** How well clients whose own clocks are wrong know the time of Redis, the one clock. */
export const clockRow: Row = {
  name: 'clock',
  title: 'Clock of a client whose own is minutes off, against the clock of Redis',
  async run(stage, { smoke, progress }) {
    const { url } = await stage.service();
    const errors: number[] = [];
    const bounds: number[] = [];
    const count = smoke ? CLIENTS.smoke : CLIENTS.full;
    for (let index = 0; index < count; index++) {
      const wrongMs = (index - count / 2) * 7_919;
      const clock = { monotonic: () => performance.now(), wall: () => Date.now() + wrongMs };
      const client = new SyncKairosClient(url, { clock });
      try {
        const { bound } = await within(DEADLINE_MS, 'synchronization', client.syncServerTime());
        // Redis reads its clock at an instant between these two.
        const before = client.getServerTime();
        const [seconds, micros] = await stage.redis.time();
        const truth = Number(seconds) * 1000 + Number(micros) / 1000;
        errors.push(Math.abs((before + client.getServerTime()) / 2 - truth));
        bounds.push(bound);
      } finally {
        client.disconnect();
      }
    }
    progress(`${count} clients`);
    const rounds = [{ service: [errors], control: [bounds] }];
    return [
      compare('error p50 (control: the bound the client gives itself)', 'ms', rounds, ([all]) => percentile(all ?? [], 0.5)),
      bounded(noted('error, the largest', 'ms', Math.max(...errors), Math.max(...bounds)), SYNC_MS),
    ];
  },
};
