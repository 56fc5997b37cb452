/**
 * What a user fills in, and the session that it makes. Times stay text until then; only the server decides whether they
 * are valid.
 */
import type { CreatePayload, FieldIssue, ItemInput, JsonObject, OutagePolicy, SyncMode, TimeControl } from '@synckairos/client';
import { readControl } from './control-words.ts';
import { parseDuration } from './duration.ts';
import { INTENTS } from './intents.ts';
import { parseGift } from './own-time.ts';
import { parseList } from './pasted.ts';

/** A participant; in `per_group` a team. */
export interface Row {
  /**
   * Its name until the user gives one: `White`. Its id is made of this, since ids allow fewer characters than names.
   */
  label: string;
  name: string;
  /** Its own time, or time control, if that differs from the others'; on clocks at once `+25 %` or `+10 min` too. */
  time: string;
  /** Names of a team's members, or the choices of a question, with commas between. */
  members: string;
}

export interface Draft {
  preset: string;
  title: string;
  mode: SyncMode;
  rows: Row[];
  /** The time of each participant, each team, each turn, or of all together, depending on the mode. */
  time: string;
  /**
   * A time control as players write it, `40/90:30+30`, which stands for time, increment and ceiling; null for a clock
   * that has these.
   */
  control: string | null;
  increment: string;
  ceiling: string;
  /** How far below zero clocks go on. */
  overtime: string;
  warnings: string;
  onTimeout: string;
  autoAdvance: boolean;
  /** How many turns can be taken back. */
  undo: string;
  /** How often a programme is gone through, whose items the rows are; null where they are participants. */
  rounds: string | null;
  /** The time of day here at which it starts by itself, as a `datetime-local` has it; empty for a start by hand. */
  startsAt: string;
  outage: OutagePolicy;
  /** Whether everybody's clock runs by itself. */
  together: boolean;
  /** Who takes part in a programme, one a line; null where nobody in particular does. */
  people: string | null;
  /** How much a late bid leaves on the clock; empty for an end that nobody moves. */
  softClose: string;
}

interface Uses {
  time: boolean;
  control: boolean;
  increment: boolean;
  ceiling: boolean;
  overtime: boolean;
  ownTimes: boolean;
}

const BANKS: Uses = { time: true, control: true, increment: true, ceiling: true, overtime: true, ownTimes: true };
const ONE_CLOCK: Uses = { time: true, control: false, increment: false, ceiling: false, overtime: true, ownTimes: false };

const BY_MODE: Record<SyncMode, Uses> = {
  per_participant: BANKS,
  per_group: BANKS,
  per_cycle: ONE_CLOCK,
  global: ONE_CLOCK,
  count_up: { ...ONE_CLOCK, time: false, ceiling: true, overtime: false },
};

/** Which of the optional fields apply to a draft. */
export function usesOf({ mode, control, rounds, together }: Pick<Draft, 'mode' | 'control' | 'rounds' | 'together'>): Uses {
  if (together)
    return { ...ONE_CLOCK, time: mode !== 'count_up', ceiling: mode === 'count_up', overtime: false, ownTimes: mode !== 'count_up' };
  const uses = isProgramme({ mode, rounds }) ? { ...BY_MODE[mode], ownTimes: true } : BY_MODE[mode];
  if (!uses.control || control === null) return { ...uses, control: false };
  return { ...uses, time: false, increment: false, ceiling: false };
}

/** Whether rows are the items of a programme. */
export function isProgramme({ mode, rounds }: Pick<Draft, 'mode' | 'rounds'>): boolean {
  return mode === 'per_cycle' && rounds !== null;
}

export function isMode(value: unknown): value is SyncMode {
  return typeof value === 'string' && Object.keys(BY_MODE).includes(value);
}

/** Whether clocks of a mode may have a time control. */
export function takesControl(mode: SyncMode): boolean {
  return BY_MODE[mode].control;
}

const MINUTE = 60_000;
const SECOND = 1_000;

/** The payload of a draft, and what could not be parsed, by the names of the draft's fields. */
export function sessionFrom(draft: Draft): { payload: CreatePayload; issues: FieldIssue[] } {
  const issues: FieldIssue[] = [];
  const read = (field: string, text: string, unit: number): number | undefined => {
    if (text.trim() === '') return undefined;
    const ms = parseDuration(text, unit);
    if (ms === null) issues.push({ field, code: 'malformed', message: 'Write a time such as 5:00, 1:30:00 or 30 s' });
    return ms ?? undefined;
  };
  const { mode, rows } = draft;
  const uses = usesOf(draft);
  const readNotation = (field: string, text: string | null): TimeControl | undefined => {
    const { control, fault } = readControl(text ?? '');
    if (fault !== undefined) issues.push({ field, code: 'malformed', message: fault });
    return control;
  };
  const time = uses.time ? read('time', draft.time, MINUTE) : undefined;
  const own = rows.map((row, index) =>
    uses.ownTimes && !uses.control && (!draft.together || mode === 'per_cycle') ? read(`rows.${index}.time`, row.time, MINUTE) : undefined,
  );
  const readGift = (text: string, index: number): OwnTime => {
    const gift = parseGift(text);
    if (gift === null)
      issues.push({ field: `rows.${index}.time`, code: 'malformed', message: 'Write +25 %, +10 min or a time such as 1:30:00' });
    return { total_time_ms: time, ...gift };
  };
  const times = rows.map((row, index): OwnTime => {
    if (draft.together && mode !== 'per_cycle') return readGift(uses.ownTimes ? row.time : '', index);
    if (!uses.control) return { total_time_ms: own[index] ?? time };
    return { time_control: row.time.trim() === '' ? undefined : readNotation(`rows.${index}.time`, row.time) };
  });
  const thresholds = draft.warnings.split(/[,;]+/).filter((text) => text.trim() !== '');
  const asked = thresholds.map((text) => read('warnings', text, SECOND)).filter((ms) => ms !== undefined);
  const warnings = OF_PRESETS.has(draft.warnings) ? fitted(asked, Math.min(...[time, ...own].filter((ms) => ms !== undefined))) : asked;

  const payload: CreatePayload = {
    sync_mode: mode,
    increment_ms: uses.increment ? read('increment', draft.increment, SECOND) : undefined,
    max_time_ms: uses.ceiling ? read('ceiling', draft.ceiling, MINUTE) : undefined,
    overrun_ms: uses.overtime ? read('overtime', draft.overtime, MINUTE) : undefined,
    time_per_cycle_ms: mode === 'per_cycle' ? time : undefined,
    total_time_ms: mode === 'global' ? time : undefined,
    time_control: uses.control ? readNotation('control', draft.control) : undefined,
    warning_thresholds_ms: warnings,
    action_on_timeout: draft.onTimeout === '' ? undefined : { type: draft.onTimeout },
    auto_advance: draft.autoAdvance,
    undo_depth: readNumber('undo', draft.undo, issues),
    starts_at: readStart(draft.startsAt, issues),
    outage_policy: draft.outage,
    concurrent: draft.together || undefined,
    answers: draft.preset === 'quiz' ? 'hidden' : undefined,
    extension: extensionOf(read('softClose', draft.softClose, SECOND)),
    metadata: metadataOf(draft, time, own),
    ...(isProgramme(draft)
      ? {
          items: itemsOf(draft, own),
          rounds: readNumber('rounds', draft.rounds ?? '', issues),
          ...(draft.people === null ? {} : { participants: peopleOf(draft) }),
        }
      : mode === 'per_group'
        ? teams(rows, times)
        : { participants: participants(draft, times) }),
  };
  return { payload, issues };
}

/** Warnings that nobody has written, but a preset. */
const OF_PRESETS: ReadonlySet<string> = new Set(
  INTENTS.flatMap(({ usual, more }) => [...usual, ...more].map(({ draft }) => draft.warnings)),
);

/** Thresholds of a preset, of which none is above a fifth of the shortest clock, ms; that fifth where none is left. */
function fitted(thresholds: number[], shortest: number): number[] {
  const most = Math.floor(shortest / 5);
  const low = thresholds.filter((ms) => ms <= most);
  return low.some((ms) => ms > 0) || most < 1 || thresholds.length === 0 ? low : [most, ...low];
}

/** A whole number; nothing where the field is empty. */
function readNumber(field: string, text: string, issues: FieldIssue[]): number | undefined {
  if (text.trim() === '') return undefined;
  const number = Number(text);
  if (!Number.isInteger(number)) issues.push({ field, code: 'malformed', message: 'Write a number' });
  return Number.isInteger(number) ? number : undefined;
}

/** The instant of a time of day here; nothing where the field is empty. */
function readStart(text: string, issues: FieldIssue[]): string | undefined {
  if (text.trim() === '') return undefined;
  const at = new Date(text);
  if (!Number.isNaN(at.getTime())) return at.toISOString();
  issues.push({ field: 'startsAt', code: 'malformed', message: 'Write a date and a time' });
  return undefined;
}

/** What the clock of a participant or team is given, beside what all are given. */
type OwnTime =
  | { total_time_ms: number | undefined; time_factor?: number; extra_time_ms?: number }
  | { time_control: TimeControl | undefined };

const DAY = 86_400_000;

/** The items of a programme. Behind the questions of a quiz its scores are shown for as long as the host likes. */
function itemsOf({ rows, preset }: Draft, own: (number | undefined)[]): ItemInput[] {
  const items = rows.map((row, index): ItemInput => {
    const choices = preset === 'quiz' ? partsOf(row.members) : [];
    const metadata = choices.length > 1 ? { metadata: { choices } } : {};
    return { item_id: idOf(row), title: row.name.trim() || row.label, time_ms: own[index], ...metadata };
  });
  if (preset === 'lots') return items.flatMap((item, index) => (index === 0 ? [item] : [gapBefore(item), item]));
  return preset === 'quiz' ? [...items, { item_id: 'scores', title: 'Scores', time_ms: DAY, metadata: { kind: 'scores' } }] : items;
}

/** Between two lots everybody rests for as long as the auctioneer likes. */
function gapBefore({ item_id }: ItemInput): ItemInput {
  return { item_id: `before-${item_id}`, title: 'Between lots', time_ms: DAY, metadata: { kind: 'gap' } };
}

function extensionOf(ms: number | undefined): CreatePayload['extension'] {
  return ms === undefined || ms === 0 ? undefined : { window_ms: ms, by_ms: ms, mode: 'reset' };
}

/** Those who take part in a programme. */
function peopleOf({ people, preset }: Draft): CreatePayload['participants'] {
  const noun = preset === 'lots' ? 'paddle' : 'player';
  return parseList(people ?? '').map(({ name }, index) => ({ participant_id: `${noun}-${index + 1}`, name }));
}

function participants({ mode, rows, together }: Draft, times: OwnTime[]): CreatePayload['participants'] {
  return rows.map((row, index) => ({
    participant_id: idOf(row),
    ...(together ? { name: row.name.trim() || row.label } : {}),
    ...(mode === 'per_participant' ? times[index] : {}),
  }));
}

function teams(rows: Row[], times: OwnTime[]): Pick<CreatePayload, 'groups' | 'participants'> {
  const groups = rows.map((row, index) => ({
    group_id: idOf(row),
    ...times[index],
    members: membersOf(row).map(([id]) => id),
  }));
  return { groups, participants: groups.flatMap(({ members }) => members.map((id) => ({ participant_id: id }))) };
}

/** Names, since ids allow fewer characters; and what the clocks began with, which the state forgets. */
function metadataOf(
  { preset, title, rows, mode, together, people }: Draft,
  time: number | undefined,
  own: (number | undefined)[],
): JsonObject {
  const named = rows.map((row): [string, string] => [idOf(row), row.name.trim() || row.label]);
  // A crowd would be more than metadata may hold; its names are fields of their own.
  if (together || people !== null) return { title: title.trim(), preset };
  const members = mode === 'per_group' ? rows.flatMap(membersOf) : [];
  const banks = rows.flatMap((row, index): [string, number][] => (own[index] === undefined ? [] : [[idOf(row), own[index]]]));
  return {
    title: title.trim(),
    preset,
    names: Object.fromEntries([...named, ...members]),
    ...(time === undefined ? {} : { bank_ms: time }),
    ...(banks.length === 0 ? {} : { banks_ms: Object.fromEntries(banks) }),
  };
}

function membersOf(row: Row): [id: string, name: string][] {
  return partsOf(row.members).map((name, index) => [`${idOf(row)}-${index + 1}`, name]);
}

/** The parts of a text between its commas. */
function partsOf(text: string): string[] {
  const parts = text.split(',').map((part) => part.trim());
  return parts.filter((part) => part !== '');
}

function idOf({ label }: Row): string {
  return label.toLowerCase().replaceAll(' ', '-');
}

/** The field of a draft that a field of the payload came from; empty for none. */
export function draftField(field: string, draft: Draft): string {
  const { mode } = draft;
  const [list, position = '', part] = field.split('.');
  switch (list) {
    case 'participants':
      if (isProgramme(draft)) return 'people';
      if (mode === 'per_group' || position === '') return 'rows';
      return isTime(part) ? timeField(draft, position) : `rows.${position}.name`;
    case 'items':
      if (position === '') return 'rows';
      return part === 'time_ms' ? timeField(draft, position) : `rows.${position}.name`;
    case 'groups':
      if (position === '') return 'rows';
      if (isTime(part)) return timeField(draft, position);
      return `rows.${position}.${part === 'members' ? 'members' : 'name'}`;
    case 'total_time_ms':
    case 'time_per_cycle_ms':
      return 'time';
    case 'time_control':
      return 'control';
    case 'sync_mode':
      return 'mode';
    case 'increment_ms':
      return 'increment';
    case 'max_time_ms':
      return 'ceiling';
    case 'overrun_ms':
      return 'overtime';
    case 'warning_thresholds_ms':
      return 'warnings';
    case 'extension':
      return 'softClose';
    case 'rounds':
      return 'rounds';
    case 'undo_depth':
      return 'undo';
    case 'starts_at':
      return 'startsAt';
    case 'action_on_timeout':
      return 'onTimeout';
    case 'metadata':
      return 'title';
    default:
      return '';
  }
}

function isTime(part: string | undefined): boolean {
  return part === 'total_time_ms' || part === 'time_control' || part === 'time_factor' || part === 'extra_time_ms';
}

/** A row without a time of its own has the common one. */
function timeField({ rows, control }: Draft, position: string): string {
  if (rows[Number(position)]?.time.trim()) return `rows.${position}.time`;
  return control === null ? 'time' : 'control';
}
