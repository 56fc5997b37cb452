import { expect } from 'chai';
import type { SessionState } from '#contract';
import { rest } from '../kit/rest.ts';
import { sightings } from './browser.ts';
import { createGame, press, settled, shows, stands, turnOf } from './play.ts';
import { browserRoom } from './room.ts';

/** What is promised is 50 ms, on a machine that has time for it. */
const TOLERANCE_MS = 150;

describe('console: the instant at which time runs out', () => {
  const room = browserRoom();

  it('CO-5 every screen shows that time is up at the same moment, at the deadline by the one clock', async () => {
    const [one, two] = [await room.stage.instance(), await room.stage.instance()];
    const first = await room.open(one.url);
    const hash = await createGame(first, 'Auction lot', { 'Time for each turn': '7 s' });
    const second = await room.open(`${two.url}/${hash}`, { aheadMs: -30_000 });
    await settled(second);
    await stands(second, 'Ready to start');
    await press(first, 'Start');
    const deadlines: number[] = [];
    for (const page of [first, second]) {
      await turnOf(page, 'global');
      await shows(page, 'global', /^[1-6]\.\d$/);
      const { origin } = new URL(page.url());
      const reply = (await rest({ url: origin }, 'GET', `/v1/sessions/${hash.replace('#/s/', '')}`)).reply<SessionState>();
      deadlines.push(reply.ok ? Date.parse(reply.data.deadline_at ?? '') : NaN);
    }
    for (const page of [first, second]) await stands(page, 'Time is up');
    const [deadline = NaN, other] = deadlines;
    expect(other).to.equal(deadline);
    for (const page of [first, second]) {
      // Redis and the browsers run on one machine here, so its clock is the authoritative one. A frame that the machine
      // held up is late, or is left out; none may be early.
      const late = Object.entries(await sightings(page)).flatMap(([sight, at]) => {
        const left = /^global ([0-2]\.\d)$/.exec(sight)?.[1];
        return left === undefined ? [] : [at - (deadline - Number(left) * 1_000)];
      });
      late.sort((a, b) => a - b);
      expect(late, 'tenths of the last seconds').to.have.length.above(5);
      expect(late[0], 'the earliest').to.be.at.least(-TOLERANCE_MS);
      expect(late[Math.floor(late.length / 2)], 'mostly').to.be.at.most(TOLERANCE_MS);
      await page.locator('.clock[data-expired="true"]', { hasText: 'Time is up' }).waitFor();
    }
    expect(room.problems).to.deep.equal([]);
  });
});
