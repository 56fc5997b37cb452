import type { TimeControl } from '#contract';
import { Player } from '../kit/player.ts';
import type { Row } from '../kit/row.ts';
import { compareSwitches } from '../kit/switching.ts';

const HOUR_MS = 3_600_000;

/** Two stages, an increment, a delay and periods: the most that a switch can have to compute. */
const CONTROL: TimeControl = {
  stages: [
    { time_ms: 5 * HOUR_MS, turns: 40, increment_ms: 2_000, delay_ms: 5_000 },
    { time_ms: 5 * HOUR_MS, delay_ms: 5_000, byoyomi: { period_ms: 30_000, periods: 5 } },
  ],
};

/** What a time control costs a switch: the same instance plays a game with one and a plain game. */
export const timeControlRow: Row = {
  name: 'time-control',
  title: 'Acked session:switch of a game with stages, a delay and byo-yomi against a plain game',
  fullOnly: true,
  async run(stage, options) {
    const instance = await stage.service();
    const service = await Player.withTimeControl(instance.url, 'bench-controlled', CONTROL);
    const control = await Player.ofService(instance.url, 'bench-plain', false);
    stage.onClose(async () => [service, control].forEach((player) => player.close()));
    return compareSwitches(stage, { service: instance, control: instance }, { service, control }, options, { p50: 1.1 });
  },
};
