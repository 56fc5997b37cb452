import { expect } from 'chai';
import { reconnectStorm } from './reconnect-storm.ts';

const CLIENTS = Number(process.env['N'] ?? 500);

describe('a crowd that comes back all at once', function () {
  this.timeout(600_000);

  for (const how of ['cut', 'kill'] as const) {
    it(`Y-20 ${how}`, async () => {
      const report = await reconnectStorm({ clients: CLIENTS, how, spreadMs: 1_000 });
      const { arrival, storm, ...rest } = report;
      const short = ({ took, ...other }: typeof storm) => ({ ...other, n: took.length, p50: took.toSorted((a, b) => a - b)[took.length >> 1] });
      console.dir({ arrival: short(arrival), storm: short(storm), ...rest }, { depth: 5 });
      expect(report.behind).to.equal(0);
    });
  }
});
