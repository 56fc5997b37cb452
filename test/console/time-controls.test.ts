import { expect } from 'chai';
import type { TimeControl } from '#contract';
import type { Page } from 'playwright-core';
import { forget, phaseSightings } from './browser.ts';
import { choose, createGame, press, rested, settled, stands, stateOf, turnOf } from './play.ts';
import { browserRoom } from './room.ts';

const MINUTE = 60_000;

/** A preset: its time control, and how a short one of its kind is played. */
interface Preset {
  name: string;
  control: TimeControl;
  /** The notation of the short one. */
  short: string;
  /** What a clock tells before its turn is ended, turn by turn; the turn after the last one is played to the flag. */
  turns: [who: string, phase: string][];
  /** Whose flag falls. */
  falls: string;
}

const CLASSICAL: TimeControl = {
  stages: [
    { time_ms: 90 * MINUTE, turns: 40, increment_ms: 30_000 },
    { time_ms: 30 * MINUTE, increment_ms: 30_000 },
  ],
};
const THREE: TimeControl = {
  stages: [
    { time_ms: 120 * MINUTE, turns: 40 },
    { time_ms: 60 * MINUTE, turns: 20 },
    { time_ms: 15 * MINUTE, increment_ms: 30_000 },
  ],
};

const PRESETS: readonly Preset[] = [
  {
    name: 'Classical',
    control: CLASSICAL,
    short: '1/1s+1 d30:2s+1',
    turns: [
      ['white', '1 move to +2.0'],
      ['black', '1 move to +2.0'],
    ],
    falls: 'white',
  },
  {
    name: 'Three stages',
    control: THREE,
    short: '1/1s d30:1/1s d30:2s+1',
    turns: [
      ['white', '1 move to +1.0'],
      ['black', '1 move to +1.0'],
      ['white', '1 move to +2.0'],
      ['black', '1 move to +2.0'],
    ],
    falls: 'white',
  },
  {
    name: 'Delay',
    control: { stages: [{ time_ms: 5 * MINUTE, delay_ms: 5_000 }] },
    short: '3s d3',
    turns: [
      ['white', 'delay 2 s'],
      ['black', 'delay 1 s'],
    ],
    falls: 'white',
  },
  {
    name: 'Bronstein',
    control: { stages: [{ time_ms: 5 * MINUTE, delay_ms: 5_000, delay_type: 'bronstein' }] },
    short: '5s b2',
    turns: [
      ['white', ''],
      ['black', ''],
    ],
    falls: 'white',
  },
  {
    name: 'Byo-yomi',
    control: { stages: [{ time_ms: 10 * MINUTE, byoyomi: { period_ms: 30_000, periods: 5 } }] },
    short: '2s 2x3 byo-yomi',
    turns: [
      ['black', 'period 1 of 2'],
      ['white', 'last period'],
    ],
    falls: 'black',
  },
  {
    name: 'Canadian',
    control: { stages: [{ time_ms: 10 * MINUTE, canadian: { block_ms: 300_000, turns: 15 } }] },
    short: '2s 2/4s canadian',
    turns: [
      ['black', '2 moves in this time'],
      ['white', 'then 4 s for 2 moves'],
      ['black', '1 move in this time'],
    ],
    falls: 'white',
  },
  {
    name: 'Hourglass',
    control: { stages: [{ time_ms: 5 * MINUTE }], hourglass: true },
    short: '*5s',
    turns: [
      ['white', ''],
      ['black', ''],
    ],
    falls: 'white',
  },
  {
    name: 'Poker bank',
    control: { stages: [{ time_ms: 15_000, increment_ms: 5_000, increment_every: 10, delay_ms: 20_000 }] },
    short: '2s+1/2 d2',
    turns: [
      ['seat-1', 'delay 1 s'],
      ['seat-2', 'delay 1 s'],
    ],
    falls: 'seat-3',
  },
  {
    name: 'Backgammon',
    control: { stages: [{ time_ms: 15 * MINUTE, delay_ms: 12_000 }] },
    short: '2s d2',
    turns: [['white', 'delay 1 s']],
    falls: 'black',
  },
];

/** Waits until a clock that runs tells this of its time control. */
const tells = (page: Page, who: string, phase: string): Promise<void> =>
  page
    .locator(`.clock[data-player="${who}"][data-active="true"] .clock-phase`, { hasText: phase })
    .waitFor({ state: 'attached', timeout: 30_000 });

/** All that clocks told of their time controls, without the seconds of a delay, one of which a busy page may miss. */
async function phasesOf(page: Page): Promise<string[]> {
  const told = Object.keys(await phaseSightings(page)).map((phase) => phase.replace(/delay \d+ s/, 'delay'));
  return [...new Set(told)].sort();
}

describe('console: time controls', function () {
  const room = browserRoom();

  it('CO-100 each preset with a time control is set up with one tap', async () => {
    const { url } = await room.stage.instance();
    const page = await room.open(url);
    for (const { name, control } of PRESETS) {
      await page.goto(`${url}/#/`);
      await createGame(page, name);
      expect((await stateOf(page)).time_control, name).to.deep.equal(control);
    }
    expect(room.problems).to.deep.equal([]);
  });

  it('CO-101 CO-102 two browsers on two instances show the same digits, phases and words of each preset until its flag falls', async () => {
    const [one, two] = [await room.stage.instance(), await room.stage.instance()];
    const [here, there] = [await room.open(one.url), await room.open(two.url, { aheadMs: 20_000 })];
    for (const { name, short, turns, falls } of PRESETS) {
      await here.goto(`${one.url}/#/`);
      const hash = await createGame(here, name, { 'Time control': short });
      await there.goto(`${two.url}/${hash}`);
      await settled(there);
      await stands(there, 'Ready to start');
      for (const page of [here, there]) await forget(page);
      await press(here, 'Start');
      for (const [index, [who, phase]] of turns.entries()) {
        const player = index % 2 === 0 ? here : there;
        await turnOf(player, who);
        await tells(player, who, phase);
        await rested(player);
        await player.keyboard.press('Space');
      }
      for (const page of [here, there]) {
        await page.locator(`.clock[data-player="${falls}"][data-expired="true"]`, { hasText: 'Time is up' }).waitFor({ timeout: 30_000 });
      }
      const [told, toldThere] = [await phasesOf(here), await phasesOf(there)];
      expect(told, name).to.deep.equal(toldThere);
      const digits = (page: Page): Promise<string[]> => page.locator('.clock-time').allTextContents();
      if (name !== 'Poker bank') expect(await digits(here), name).to.deep.equal(await digits(there));
      expect(room.problems, name).to.deep.equal([]);
    }
  }).timeout(300_000);

  it('CO-100 CO-102 two browsers on two instances show Scrabble’s clock below zero, in words and digits, until its flag falls', async () => {
    const [one, two] = [await room.stage.instance(), await room.stage.instance()];
    const here = await room.open(one.url);
    await createGame(here, 'Scrabble');
    expect(await stateOf(here)).to.deep.include({
      overrun_ms: 10 * MINUTE,
      warning_thresholds_ms: [5 * MINUTE, MINUTE, 0, -5 * MINUTE],
    });
    await here.goto(`${one.url}/#/`);
    await choose(here, 'Scrabble');
    await press(here, 'Advanced');
    const hash = await createGame(here, 'Scrabble', {
      'Time for each': '3 s',
      'Overtime after zero': '4 s',
      'Warnings when this is left': '1 s, 0 s, -2 s',
    });
    const there = await room.open(`${two.url}/${hash}`);
    await settled(there);
    await press(here, 'Start');
    for (const page of [here, there]) {
      const clock = page.locator('.clock[data-player="first-player"]');
      await clock.filter({ hasText: 'Overtime' }).filter({ hasText: '−1.' }).waitFor({ timeout: 30_000 });
    }
    for (const page of [here, there]) {
      const clock = page.locator('.clock[data-player="first-player"][data-expired="true"]');
      await clock.filter({ hasText: 'Time is up' }).filter({ hasText: '−4.0' }).waitFor({ timeout: 30_000 });
    }
    expect(room.problems).to.deep.equal([]);
  });

  it('CO-100 the form says at the field, in a person’s words, what of a time control can’t be read or played', async () => {
    const page = await room.open((await room.stage.instance()).url);
    await choose(page, 'Classical');
    const field = page.locator('.field', { has: page.getByLabel('Time control') });
    await field.getByText('1 h 30 min for 40 moves (+30 s a move), then 30 min (+30 s a move)').waitFor();
    for (const [text, told] of [
      ['soon', '“soon” is no time control: at character 1, “soon”: a time is missing. Write for example “5+3”'],
      ['', 'a time is missing'],
      ['0.5s', 'the first turn at least a second long'],
      ['40/31 days:5', 'A time is at most 30 days'],
      ['900/5:5', 'At most 500 moves.'],
      ['1:1:1:1:1:1:1:1:1', 'One to eight stages'],
      ['5+3 max 3', 'A clock may hold no less than it begins with.'],
    ] as const) {
      await page.getByLabel('Time control').fill(text);
      await press(page, 'Create');
      await page.locator('.field[data-faulty="true"] .field-note', { hasText: told }).waitFor({ timeout: 30_000 });
      const said = (await page.locator('.field-note, .problem').allTextContents()).join(' ');
      expect(said).not.to.match(/expected|invalid|_ms|<=|>=|Must/i);
    }
    await page.getByLabel('Time control').fill('2h');
    await press(page, 'Create');
    await press(page, 'Start');
    expect((await stateOf(page)).time_control).to.deep.equal({ stages: [{ time_ms: 120 * MINUTE }] });
  });

  it('CO-100 own rules may have a time control for all teams, and another one for one of them', async () => {
    const page = await room.open((await room.stage.instance()).url);
    await choose(page, 'Own rules');
    await page.getByLabel('Stages, delays or periods').check();
    await page.getByLabel('Own time', { exact: true }).first().fill('3 d2');
    await createGame(page, 'Own rules', { 'Time control': '5 d5', 'Player 1': 'Ann' });
    const state = await stateOf(page);
    expect(state.time_control).to.deep.equal({ stages: [{ time_ms: 300_000, delay_ms: 5_000 }] });
    expect(state.participants.map(({ time_control: own }) => own)).to.deep.equal([
      { stages: [{ time_ms: 180_000, delay_ms: 2_000 }] },
      undefined,
    ]);
    await page.getByText('5 s free a move').waitFor();
    await page.getByText('2 s free a move').waitFor();
  });
});
