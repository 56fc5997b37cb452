/**
 * Time controls as text: PGN's TimeControl field (`40/7200:3600+30`) with extensions for delays, SGF's overtime
 * (`600 5x30 byo-yomi`), and what players say (`5+3`).
 */
import type { Stage, TimeControl } from './contract/index.ts';

export interface NotationOptions {
  /**
   * What a number without a unit counts. `seconds`, as PGN and SGF do, is the default; with `minutes` times, blocks and
   * ceilings are minutes, while increments, delays and periods still are seconds, as players say it.
   */
  unit?: 'seconds' | 'minutes';
}

/** Milliseconds of the units that may follow a number. */
const UNITS: Readonly<Record<string, number>> = {
  day: 86_400_000,
  days: 86_400_000,
  h: 3_600_000,
  min: 60_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
};
const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;

const SPACES = /\s*/y;
const AMOUNT = /(\d{1,9}(?:\.\d{1,9})?)(?:\s*(days?|h|min|ms|m|s)(?![a-z]))?/iy;
const TURNS = /(?:([1-9]\d{0,2})|G|SD)\s*\//iy;
const PERIODS = /(?:\+\s*)?([1-9]\d{0,2})\s*[x×]/iy;
const BYO_YOMI = /byo-?yomi/iy;
const BLOCK = /(?:\+\s*)?([1-9]\d{0,2})\s*\//y;
const CANADIAN = /canadian/iy;
const INCREMENT = /(?:;\s*)?\+/y;
const EVERY = /\/\s*([1-9]\d{0,2})/y;
const DELAY = /(?:;\s*)?([db])/iy;
const CEILING = /max/iy;
const NEXT_STAGE = /:/y;
const HOURGLASS = /\*/y;
const END = /$/y;

/**
 * Reads a time control: PGN's `300`, `300+3`, `40/7200:20/3600:900+30`, `*180`, and beyond PGN `300d5` for a simple
 * delay, `300b5` for Bronstein's, `15d20+5/10` for an increment every ten turns, `180+2 max 300` for a ceiling; SGF's
 * overtime behind the main time, `600 5x30 byo-yomi` and `600 15/300 canadian`; with `{unit: 'minutes'}` what players
 * say, `5+3`, `40/2h:20/1h:15+30`, `5 d5`. A last stage with a number of turns is repeated, as in PGN; a stage before
 * the last without one ends when its time is used up. Units are `days`, `h`, `min` or `m`, `s`, `ms`. Sizes that no
 * clock can have are left to the server.
 *
 * @throws SyntaxError that says what was not understood, and where
 */
export function parseTimeControl(text: string, { unit = 'seconds' }: NotationOptions = {}): TimeControl {
  if (typeof text !== 'string') throw new TypeError('text must be a string such as "300+3"');
  const main = unit === 'minutes' ? MINUTE : SECOND;
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    // Spaces are handled here, since a pattern with optional spaces could match in many ways.
    if (pattern !== SPACES) take(SPACES);
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found !== null) at = pattern.lastIndex;
    return found;
  };
  const fail = (why: string): never => {
    take(SPACES);
    const rest = text.slice(at);
    const where = rest === '' ? 'at its end' : `at character ${at + 1}, “${rest}”`;
    throw new SyntaxError(`“${text}” is no time control: ${where}: ${why}. ${EXAMPLES[unit]}`);
  };
  const maybeAmount = (bare: number): number | undefined => {
    const [, amount, name] = take(AMOUNT) ?? [];
    return amount === undefined ? undefined : Math.round(Number(amount) * (UNITS[name?.toLowerCase() ?? ''] ?? bare));
  };
  const amount = (bare: number, of: string): number => maybeAmount(bare) ?? fail(`${of} is missing`);

  /** Reads `15/300 canadian`, if it is there. */
  const canadian = (): Stage['canadian'] => {
    const start = at;
    const turns = take(BLOCK);
    const block_ms = turns === null ? undefined : maybeAmount(main);
    if (turns !== null && block_ms !== undefined && take(CANADIAN) !== null) return { block_ms, turns: Number(turns[1]) };
    at = start;
    return undefined;
  };

  const overtime = (): Pick<Stage, 'byoyomi' | 'canadian'> | undefined => {
    const periods = take(PERIODS);
    if (periods !== null) {
      const byoyomi = { period_ms: amount(SECOND, 'the length of a period'), periods: Number(periods[1]) };
      take(BYO_YOMI);
      return { byoyomi };
    }
    const block = canadian();
    return block && { canadian: block };
  };

  const stage = (): Stage => {
    const [, turns] = take(TURNS) ?? [];
    const read: Stage = { time_ms: amount(main, 'a time'), ...(turns === undefined ? {} : { turns: Number(turns) }) };
    for (;;) {
      const start = at;
      const again = (): never => {
        at = start;
        return fail('a stage has this only once, and one of increment and Bronstein delay');
      };
      const extra = overtime();
      if (extra !== undefined) {
        if (read.delay_type === 'bronstein') again();
        return { ...read, ...extra };
      }
      const delay = take(DELAY);
      if (delay !== null) {
        if (read.delay_ms !== undefined) again();
        read.delay_ms = amount(SECOND, 'the delay');
        if (delay[1]?.toLowerCase() === 'b') read.delay_type = 'bronstein';
      } else if (take(CEILING) !== null) {
        if (read.max_time_ms !== undefined) again();
        read.max_time_ms = amount(main, 'the ceiling');
      } else if (take(INCREMENT) !== null) {
        if (read.increment_ms !== undefined) again();
        read.increment_ms = amount(SECOND, 'the increment');
        const every = take(EVERY);
        if (every !== null) read.increment_every = Number(every[1]);
      } else {
        return read;
      }
      if (read.delay_type === 'bronstein' && read.increment_ms !== undefined) again();
    }
  };

  if (take(HOURGLASS) !== null) {
    const time_ms = amount(main, 'a time');
    if (take(END) === null) fail('an hourglass has nothing but its time');
    return { stages: [{ time_ms }], hourglass: true };
  }
  const stages = [stage()];
  while (take(NEXT_STAGE) !== null) {
    const last = stages[stages.length - 1];
    if (last?.byoyomi !== undefined || last?.canadian !== undefined) fail('no stage follows one with periods or a block');
    if (last !== undefined && last.turns === undefined) last.at_zero = 'next';
    stages.push(stage());
  }
  if (take(END) === null) fail('this is not understood');
  return { stages, ...(stages[stages.length - 1]?.turns === undefined ? {} : { repeat_last: true }) };
}

const EXAMPLES = {
  seconds: 'Write for example “300+3”, “40/7200:1800+30” or “600 5x30 byo-yomi”',
  minutes: 'Write for example “5+3”, “40/90:30+30” or “10 5x30 byo-yomi”',
};

/**
 * A time control as `parseTimeControl` reads it with the same options; null for one that has no notation: increments
 * before a turn, and charges by the unit.
 */
export function formatTimeControl(control: TimeControl, { unit = 'seconds' }: NotationOptions = {}): string | null {
  const { stages, repeat_last, hourglass, charge_unit_ms, least_charge_ms } = control;
  const isWritten = stages.every(({ increment_when }) => increment_when !== 'before');
  if (!isWritten || charge_unit_ms !== undefined || least_charge_ms !== undefined) return null;
  const [first] = stages;
  if (hourglass === true && first !== undefined) return `*${size(first.time_ms, unit)}`;
  if ((stages[stages.length - 1]?.turns !== undefined) !== (repeat_last === true)) return null;
  return stages.map((stage) => stageText(stage, unit)).join(':');
}

function stageText(stage: Stage, unit: 'seconds' | 'minutes'): string {
  const { turns, time_ms, increment_ms = 0, increment_every = 1, delay_ms = 0, delay_type, max_time_ms, byoyomi, canadian } = stage;
  return [
    turns === undefined ? '' : `${turns}/`,
    size(time_ms, unit),
    increment_ms === 0 ? '' : `+${increment_ms / SECOND}${increment_every === 1 ? '' : `/${increment_every}`}`,
    delay_ms === 0 ? '' : `${unit === 'minutes' ? ' ' : ''}${delay_type === 'bronstein' ? 'b' : 'd'}${delay_ms / SECOND}`,
    max_time_ms === undefined ? '' : ` max ${size(max_time_ms, unit)}`,
    byoyomi === undefined ? '' : ` ${byoyomi.periods}x${byoyomi.period_ms / SECOND} byo-yomi`,
    canadian === undefined ? '' : ` ${canadian.turns}/${size(canadian.block_ms, unit)} canadian`,
  ].join('');
}

/** A main time: seconds, or the largest unit of those that players say in which it is a whole number. */
function size(ms: number, unit: 'seconds' | 'minutes'): string {
  if (unit === 'seconds') return String(ms / SECOND);
  if (ms > 0 && ms % HOUR === 0) return `${ms / HOUR}h`;
  return ms % MINUTE === 0 ? String(ms / MINUTE) : `${ms / SECOND}s`;
}
