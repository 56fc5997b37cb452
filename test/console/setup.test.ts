import { expect } from 'chai';
import type { SessionState } from '#contract';
import { JWT, sign } from '../access/kit.ts';
import { choose, createGame, press, rested, shows, stands, stateOf, turnOf } from './play.ts';
import { browserRoom } from './room.ts';

/** What the preset is, and whose clock runs first, second and third. */
const GAMES: readonly [preset: string, expected: Partial<SessionState>, first: string, second: string, third?: string][] = [
  ['Chess', { sync_mode: 'per_participant', increment_ms: 3_000 }, 'white', 'black'],
  ['Rapid', { sync_mode: 'per_participant', increment_ms: 5_000 }, 'white', 'black'],
  ['Team match', { sync_mode: 'per_group' }, 'red', 'blue'],
  ['Auction lot', { sync_mode: 'per_cycle', time_per_cycle_ms: 30_000 }, 'global', 'global'],
  ['Quiz question', { sync_mode: 'per_cycle', time_per_cycle_ms: 20_000, auto_advance: true }, 'global', 'global'],
  ['Countdown', { sync_mode: 'global', total_time_ms: 5_400_000 }, 'global', 'global'],
  ['Meeting agenda', { sync_mode: 'per_cycle', auto_advance: true, rounds: 1 }, 'global', 'global'],
  ['Intervals', { sync_mode: 'per_cycle', auto_advance: true, rounds: 8 }, 'global', 'global'],
  ['Stopwatch', { sync_mode: 'count_up', max_time_ms: null }, 'global', 'global'],
  ['Own rules', { sync_mode: 'per_participant', increment_ms: 0 }, 'player-1', 'player-2'],
];

/** The least that a clock of a session has, ms. */
function shortest({ sync_mode, total_time_ms, time_per_cycle_ms, participants, groups, items = [] }: SessionState): number {
  if (sync_mode === 'count_up') return 0;
  const own = [...participants, ...groups, ...items.map((item) => ({ total_time_ms: item.time_ms }))].map((one) => one.total_time_ms);
  return Math.min(...[total_time_ms, time_per_cycle_ms, ...own].filter((ms): ms is number => typeof ms === 'number' && ms > 0));
}

describe('console: setting up', function () {
  const room = browserRoom();

  it('CO-1 CO-213 each usual preset can be set up with a few taps and played, and warns in the last fifth of a clock', async function () {
    this.timeout(300_000);
    const { url } = await room.stage.instance();
    const page = await room.open(url);
    for (const [preset, expected, first, second, third = first] of GAMES) {
      await page.goto(`${url}/#/`);
      await createGame(page, preset);
      const state = await stateOf(page);
      expect(state).to.include({ status: 'pending', ...expected });
      expect(Math.max(0, ...state.warning_thresholds_ms), preset).to.be.at.most(shortest(state) / 5);
      await press(page, 'Start');
      await turnOf(page, first);
      // A countdown has no turns.
      if (preset !== 'Countdown') {
        await rested(page);
        await page.keyboard.press('Space');
        await turnOf(page, second);
        await page.locator(`.clock[data-player="${second}"]`).click();
        await turnOf(page, third);
      }
      await press(page, 'Pause');
      await stands(page, 'Paused');
      await press(page, 'Resume');
      await turnOf(page, third);
      expect(await stateOf(page)).to.include({ status: 'running', cycle_count: preset === 'Countdown' ? 0 : 2 });
      await press(page, 'Finish');
      await press(page, 'Finish the game');
      await stands(page, 'Finished');
    }
    expect(room.problems).to.deep.equal([]);
  });

  it('CO-2 every field of a session can be set in the form and reaches the session', async () => {
    const page = await room.open((await room.stage.instance()).url);
    await choose(page, 'Own rules');
    await press(page, 'Add one');
    await page.getByRole('button', { name: 'Remove Player 2' }).click();
    await page.getByLabel('Mode', { exact: true }).selectOption({ label: 'A clock for each participant' });
    await page.getByLabel('When a clock runs out').selectOption({ label: 'The next one’s turn begins' });
    await page.getByLabel('When no server ran').selectOption({ label: 'the session is paused' });
    await page.getByLabel('The next turn begins by itself').check();
    await page.getByLabel('Own time', { exact: true }).first().fill('90 s');
    await createGame(page, 'Own rules', {
      Title: 'Finals',
      'Time for each': '1:00:00',
      'Player 1': 'Zoë 張',
      'Added after each turn': '2.5 s',
      'A clock holds at most': '2 h',
      'Turns that can be taken back': '3',
      'Overtime after zero': '3',
      'Warnings when this is left': '1 min, 20, −90 s',
    });
    const state = await stateOf(page);
    expect(state).to.deep.include({
      increment_ms: 2_500,
      max_time_ms: 7_200_000,
      overrun_ms: 180_000,
      warning_thresholds_ms: [60_000, 20_000, -90_000],
      action_on_timeout: { type: 'skip_cycle' },
      auto_advance: true,
      outage_policy: 'pause',
      undo_depth: 3,
    });
    expect(state.participants.map(({ participant_id: id, total_time_ms: ms }) => [id, ms])).to.deep.equal([
      ['player-1', 90_000],
      ['player-3', 3_600_000],
    ]);
    await page.getByRole('heading', { name: 'Finals' }).waitFor();
    await page.getByText('Zoë 張').waitFor();
    await shows(page, 'player-3', '1:00:00');
  });

  it('CO-3 CO-91 a refusal of the server is shown at the field that it names, in a person’s words', async () => {
    const page = await room.open((await room.stage.instance()).url);
    const noteOf = async (label: string): Promise<string> => {
      const field = page.locator('.field[data-faulty="true"]', { has: page.getByLabel(label, { exact: true }) });
      await field.waitFor({ timeout: 30_000 });
      expect(await field.locator('input').getAttribute('aria-invalid')).to.equal('true');
      return (await field.locator('.field-note').textContent()) ?? '';
    };
    await page.getByLabel('Time for each').fill('25 h');
    await press(page, 'Create');
    expect(await noteOf('Time for each')).to.equal('At most 24 hours.');
    await page.getByLabel('Time for each').fill('0.5 s');
    await press(page, 'Create');
    await page.getByText('At least one second, at most 24 hours.').waitFor();
    await page.getByLabel('Time for each').fill('soon');
    await press(page, 'Create');
    expect(await noteOf('Time for each')).to.contain('Write a time such as');
    // In a part of the form that was closed.
    await page.getByLabel('Time for each').fill('5:00');
    await press(page, 'Advanced');
    await page.getByLabel('Added after each turn').fill('2 min');
    await page.getByLabel('A clock holds at most').fill('1 min');
    await press(page, 'Advanced');
    await press(page, 'Create');
    expect(await noteOf('Added after each turn')).to.equal('At most one minute.');
    await page.getByLabel('Added after each turn').fill('2 s');
    await press(page, 'Create');
    expect(await noteOf('A clock holds at most')).to.contain('no less than a clock begins with');
    await choose(page, 'Team match');
    await page.getByLabel('Members', { exact: true }).first().fill('');
    await press(page, 'Create');
    expect(await noteOf('Members')).to.equal('At least one member is needed.');
    // Every message is written for people who do not program.
    await choose(page, 'Own rules');
    for (const [label, text] of [
      ['Time for each', '1000 h'],
      ['Added after each turn', '-1 s'],
      ['A clock holds at most', '0 s'],
      ['Overtime after zero', '25 h'],
      ['Warnings when this is left', '1 s, 1 s'],
      ['Title', 'T'.repeat(200)],
    ] as const) {
      await page.getByLabel(label, { exact: true }).fill(text);
    }
    for (const own of await page.getByLabel('Own time', { exact: true }).all()) await own.fill('-5');
    await press(page, 'Create');
    await page.getByText('Each only once.').waitFor();
    const said = (await page.locator('.field-note, .problem').allTextContents()).join(' ');
    expect(said).not.to.match(/expected|invalid|_|<=|>=|\d{4}|Must/i);
    expect(room.problems).to.deep.equal([]);
  });

  it('CO-138 CO-150 what was written stays when another preset or another intent is chosen, and durations may be written in words', async () => {
    const page = await room.open((await room.stage.instance()).url);
    const nameOf = (label: string): Promise<string> => page.getByLabel(label, { exact: true }).inputValue();
    await page.getByLabel('White', { exact: true }).fill('Anna');
    await page.getByLabel('Black', { exact: true }).fill('Ben');
    await choose(page, 'Rapid');
    expect(await nameOf('Black')).to.equal('Ben');
    await choose(page, 'Exam');
    await press(page, 'Paste a list');
    await page.getByLabel('One a line, a time behind a comma').fill('Mai\nNoah, +25 %\nZoë');
    await press(page, 'Take 3');
    await choose(page, 'Quiz');
    expect(await nameOf('Who plays, one a line')).to.equal('Anna\nBen');
    await choose(page, 'Class test');
    expect(await Promise.all(['Student 1', 'Student 2', 'Student 3'].map(nameOf))).to.deep.equal(['Mai', 'Noah', 'Zoë']);
    await choose(page, 'Own rules');
    await createGame(page, 'Own rules', { Title: 'Finals', 'Time for each': '1h30', 'Added after each turn': '2 seconds' });
    const { participants, metadata, increment_ms } = await stateOf(page);
    expect(participants.map(({ total_time_ms }) => total_time_ms)).to.deep.equal([5_400_000, 5_400_000]);
    expect(metadata['names']).to.deep.equal({ 'player-1': 'Anna', 'player-2': 'Ben' });
    expect(increment_ms).to.equal(2_000);
  });

  it('CO-151 CO-152 on a small phone the button that creates stays in view; with “Create and invite” the ways to share are open', async () => {
    const page = await room.open((await room.stage.instance()).url, { width: 320, height: 568 });
    await choose(page, 'Own rules');
    expect(await page.evaluate('document.documentElement.scrollHeight > 2 * innerHeight')).to.equal(true);
    const isInView = `(() => {
      const box = [...document.querySelectorAll('button')].find(({ textContent }) => textContent === 'Create and invite').getBoundingClientRect();
      return box.top > 0 && box.bottom <= innerHeight;
    })()`;
    expect(await page.evaluate(isInView)).to.equal(true);
    await page.getByLabel('Time for each').fill('soon');
    await page.getByLabel('The next turn begins by itself').focus();
    await press(page, 'Create and invite');
    // What is wrong has the focus, so it is in view.
    await page.waitForFunction(`document.activeElement.value === 'soon'`);
    await page.getByLabel('Time for each').fill('5 minutes');
    await press(page, 'Create and invite');
    await page.getByRole('dialog', { name: 'Share' }).waitFor({ timeout: 30_000 });
    await press(page, 'Close');
    await press(page, 'Start');
    await turnOf(page, 'player-1');
    expect(room.problems).to.deep.equal([]);
  });

  it('CO-166 CO-159 a code of the share sheet leads another device to watch; the sheet says who may control, and which machines the link reaches', async () => {
    const { url } = await room.stage.instance();
    const host = await room.open(url);
    await createGame(host, 'Countdown');
    await press(host, 'Share');
    const sheet = host.getByRole('dialog', { name: 'Share' });
    await sheet.getByText('everybody who has a link or a code can control this').waitFor();
    await sheet.getByText('Only this machine can open this').waitFor({ timeout: 30_000 });
    expect(await sheet.getByRole('radio', { name: 'Watch only' }).isChecked()).to.equal(true);
    await press(host, 'Show a join code');
    const shown = (await sheet.locator('.join-code-letters').textContent({ timeout: 30_000 })) ?? '';
    expect(shown).to.match(/^[A-Z]{3} [A-Z]{3}$/);

    const guest = await room.open(url);
    await guest.getByLabel('Join code').fill('ccc-ccc');
    await press(guest, 'Join');
    await guest.getByText('No game has this code now').waitFor({ timeout: 30_000 });
    await guest.getByLabel('Join code').fill(shown.toLowerCase());
    await press(guest, 'Join');
    await guest.getByText('Watching').waitFor({ timeout: 30_000 });
    await guest.goto(`${url}/#/`);
    await guest.getByLabel('Join code').waitFor();
    // A code is a link too.
    await guest.goto(`${url}/j/${shown.replace(' ', '')}`);
    await guest.getByText('Watching').waitFor({ timeout: 30_000 });
    expect(new URL(guest.url()).pathname).to.equal('/');
    expect(room.problems).to.deep.equal([]);
  });

  it('CO-166 with roles a code lets in whoever has no token, to play as one participant', async () => {
    const { url } = await room.stage.instance(JWT);
    const anna = await room.open(`${url}/#token=${await sign({ sub: 'anna' })}`);
    await createGame(anna, 'Chess', { White: 'Anna', Black: 'Ben' });
    await press(anna, 'Share');
    await anna.getByRole('radio', { name: 'Play as Ben' }).check();
    await press(anna, 'Show a join code');
    const code = (await anna.locator('.join-code-letters').textContent({ timeout: 30_000 })) ?? '';
    await press(anna, 'Close');
    const ben = await room.open(url);
    await ben.getByLabel('Join code').fill(code, { timeout: 30_000 });
    await press(ben, 'Join');
    await stands(ben, 'Ready to start');
    await press(anna, 'Start');
    await turnOf(ben, 'white');
    await rested(anna);
    await anna.keyboard.press('Space');
    await ben.getByRole('button', { name: 'Done', exact: true }).waitFor({ timeout: 30_000 });
  });

  it('CO-155 CO-156 a device finds again what was open on it, as it stands now, and keeps presets of one’s own; without storage it works too', async () => {
    const { url } = await room.stage.instance();
    const page = await room.open(url);
    await choose(page, 'Own rules');
    await page.getByLabel('Title', { exact: true }).fill('Club night');
    await page.getByLabel('Time for each').fill('7:00');
    await page.getByLabel('Name of a preset of your own').fill('Club');
    await press(page, 'Keep this');
    await press(page, 'Create');
    await press(page, 'Start');
    await turnOf(page, 'player-1');
    await page.goto(`${url}/#/`);
    const again = page.getByRole('region', { name: 'Open before' }).getByRole('link', { name: 'Club night' });
    await again.filter({ hasText: /Club night[67]:\d\d/ }).waitFor({ timeout: 30_000 });
    await again.click();
    await turnOf(page, 'player-1');
    await page.goto(`${url}/#/`);
    await page.reload();
    await press(page, 'Forget Club night');
    await again.waitFor({ state: 'detached' });
    await choose(page, 'Own rules');
    await page.locator('label.chip', { hasText: 'Club' }).getByRole('radio').check();
    expect(await page.getByLabel('Time for each').inputValue()).to.equal('7:00');
    await press(page, 'Forget “Club”');
    await page.locator('label.chip', { hasText: 'Club' }).waitFor({ state: 'detached' });
    // Some private windows have no storage, and what is there may be anything.
    await page.evaluate(
      `localStorage.setItem('synckairos.recent', '{"a":1}'); localStorage.setItem('synckairos.presets', '[{"name":"x","draft":{}}]')`,
    );
    await page.reload();
    await page.getByLabel('Join code').waitFor();
    await page.addInitScript({
      content: `Storage.prototype.getItem = Storage.prototype.setItem = () => { throw new Error('no storage') }`,
    });
    await page.reload();
    await createGame(page, 'Stopwatch');
    expect(room.problems).to.deep.equal([]);
  });
});
