import { expect } from 'chai';
import { crowdOf } from '../store/unattended-session.ts';
import { crowdJoins } from './large-session.ts';

const CLIENTS = 400;
/** Half a megabyte. */
const PARTICIPANTS = crowdOf(1_000);

describe('a large session that a crowd joins at once', function () {
  this.timeout(300_000);

  for (const [id, how, what] of [
    ['Q-80', 'joins', ''],
    ['E-60', 'downtime', ', with five minutes to catch up on'],
  ] as const) {
    it(`${id} none of ${CLIENTS} joins in one instant is refused${what}, others' switches are answered, and nothing is an outage`, async () => {
      const { storm, behind, during, outages } = await crowdJoins({ clients: CLIENTS, how, participants: PARTICIPANTS });
      expect(storm.took, 'everybody is in the room').to.have.length(CLIENTS);
      expect({ refused: storm.refused, behind, outages }).to.deep.equal({ refused: {}, behind: 0, outages: [] });
      expect(during).to.deep.include({ refused: 0, unanswered: [], skipped: 0 });
      expect(during.commands, 'others went on').to.be.above(0);
    });
  }
});
