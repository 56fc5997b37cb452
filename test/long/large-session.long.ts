import { expect } from 'chai';
import { type Coming, crowdJoins, type LargeSessionReport } from '../clients/large-session.ts';

const PLAYERS = 1_000;
const PARTICIPANTS = Array.from({ length: PLAYERS }, (_, n) => ({ participant_id: `player-${n}` }));
const COMINGS: Coming[] = ['joins', 'arrival', 'restart', 'downtime'];

describe('a session of a thousand participants, all of whom come at once', function () {
  this.timeout(300_000);
  const rows: object[] = [];

  after(() => console.table(rows));

  for (const how of COMINGS) {
    it(`Q-80 a thousand who join at once are not refused, others play on, and nothing is an outage (${how})`, async () => {
      const report = await crowdJoins({ clients: PLAYERS, how, participants: PARTICIPANTS });
      rows.push(rowOf(how, report));
      const { storm, behind, during, outages } = report;
      expect(storm.took, 'everybody is in their room').to.have.length(PLAYERS);
      expect({ refused: storm.refused, behind, outages }).to.deep.equal({ refused: {}, behind: 0, outages: [] });
      expect(during).to.deep.include({ refused: 0, unanswered: [], skipped: 0 });
    });
  }
});

function rowOf(how: Coming, { storm, quiet, during, outages, behind, instanceMiB, redisMiB, load }: LargeSessionReport): object {
  const sorted = storm.took.toSorted((a, b) => a - b).map(Math.round);
  return {
    how,
    refused: JSON.stringify(storm.refused),
    failed: storm.failed,
    behind,
    'join p50': sorted[sorted.length >> 1],
    'join max': sorted.at(-1),
    'switch quiet p50/p99/max': `${quiet.p50}/${quiet.p99}/${quiet.slowest}`,
    'meanwhile p50/p99/max': `${during.p50}/${during.p99}/${during.slowest} of ${during.commands}`,
    'refused, late': `${during.refused}+${during.unanswered.length}, ${Math.round(during.latestMs)} ms`,
    outages: outages.length,
    'instance, Redis MiB': `${instanceMiB}, ${redisMiB}`,
    load: load.toFixed(1),
  };
}
