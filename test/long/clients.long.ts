import { expect } from 'chai';
import type { CrowdReport } from '../clients/crowd.ts';
import { reconnectStorm } from '../clients/reconnect-storm.ts';

const CLIENTS = 8_000;

describe('eight thousand clients of one instance', function () {
  this.timeout(600_000);

  for (const [id, how] of [
    ['Y-20', 'cut'],
    ['Y-21', 'kill'],
  ] as const) {
    it(`${id} ${CLIENTS} idle connections, each in its room, and all of them back at once (${how}), do no harm`, async () => {
      const { arrival, storm, ...rest } = await reconnectStorm({ clients: CLIENTS, how, spreadMs: 1_000 });
      console.dir({ arrival: summary(arrival), storm: summary(storm), ...rest }, { depth: 4 });
      const { behind, trailReads, during, quiet, heap, socketsLeft, roomsLeft } = rest;
      expect(storm.took, 'everybody is in their room').to.have.length(CLIENTS);
      expect({ behind, trailReads, socketsLeft, roomsLeft }).to.deep.equal({ behind: 0, trailReads: 0, socketsLeft: 0, roomsLeft: 0 });
      for (const phase of [quiet, during]) expect(phase).to.deep.include({ refused: 0, unanswered: [] });
      expect(during.skipped).to.equal(0);
      expect(heap.left, 'after everybody left').to.be.below(heap.empty + 30);
    });
  }
});

function summary({ took, ...report }: CrowdReport): object {
  const sorted = took.toSorted((a, b) => a - b).map(Math.round);
  return {
    ...report,
    tookMs: Math.round(report.tookMs),
    clients: sorted.length,
    p50: sorted[sorted.length >> 1],
    p99: sorted[Math.floor(sorted.length * 0.99)],
  };
}
