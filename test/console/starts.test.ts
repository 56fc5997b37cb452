import { expect } from 'chai';
import { choose, createGame, settled, stands, stateOf } from './play.ts';
import { browserRoom } from './room.ts';

/** The time of day, as a field of that kind takes it. */
const localTime = (at: number) => new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 19);

describe('console: a game that starts by itself', () => {
  const room = browserRoom();

  it('ST-40 the set-up takes a time at which the game starts by itself, and every screen counts down to it', async () => {
    const [one, two] = [await room.stage.instance(), await room.stage.instance()];
    const page = await room.open(one.url);
    const at = Math.ceil(Date.now() / 1_000) * 1_000 + 20_000;
    const hash = await createGame(page, 'Own rules', { 'Time for each': '5:00', 'Starts by itself at': localTime(at) });
    const other = await room.open(`${two.url}/${hash}`);
    await settled(other);
    expect((await stateOf(page)).starts_at).to.equal(new Date(at).toISOString());
    for (const each of [page, other]) {
      await stands(each, 'Ready to start');
      expect(await each.getByRole('timer', { name: 'Until the start' }).textContent()).to.match(/^(0:\d\d|\d\.\d)$/);
    }
    for (const each of [page, other]) {
      await each.locator('.clock[data-player="player-1"][data-active="true"]').waitFor({ timeout: 40_000 });
      await each.getByRole('timer', { name: 'Until the start' }).waitFor({ state: 'detached' });
    }
    expect(await stateOf(page)).to.include({ status: 'running', session_started_at: new Date(at).toISOString() });
    expect(room.problems).to.deep.equal([]);
  });

  it('ST-40 a time that is over is refused beside its field', async () => {
    const page = await room.open((await room.stage.instance()).url);
    await choose(page, 'Own rules');
    await page.getByLabel('Starts by itself at', { exact: true }).fill(localTime(Date.now() - 60_000));
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await page.getByText('In the future, at most 400 days ahead.').waitFor();
    expect(room.problems).to.deep.equal([]);
  });
});
