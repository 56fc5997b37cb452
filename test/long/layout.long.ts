import { expect } from 'chai';
import { SCREENS, SESSIONS, showSession, unreadable, ZOOMED } from '../console/layout.ts';
import { browserRoom } from '../console/room.ts';

const COUNTS = [1, 2, 3, 5, 8, 13, 30, 100];

describe('console: layout of any number of clocks', function () {
  this.timeout(0);
  const room = browserRoom();

  for (const [view, session] of Object.entries(SESSIONS)) {
    it(`CO-210 every name and digit of ${view} is whole or ends in an ellipsis, for 1 to 100 on every screen and at 200 %`, async () => {
      const { url } = await room.stage.instance();
      const client = room.stage.client(url);
      const page = await room.open(url, { reducedMotion: 'reduce' });
      const faults: string[] = [];
      for (const count of COUNTS) {
        await showSession(page, client, session(count));
        for (const fault of await unreadable(page, [...SCREENS, ...ZOOMED])) faults.push(`${count} of ${view} at ${fault}`);
      }
      expect(faults).to.deep.equal([]);
    });
  }
});
