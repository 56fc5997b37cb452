/**
 * What a user fills in, and the session that it makes. Times stay text until then; only the server decides whether they
 * are valid.
 */
import type { CreatePayload, FieldIssue, JsonObject, OutagePolicy, SyncMode } from '@synckairos/client';
import { parseDuration } from './duration.ts';

/** A participant; in `per_group` a team. */
export interface Row {
  /**
   * Its name until the user gives one: `White`. Its id is made of this, since ids allow fewer characters than names.
   */
  label: string;
  name: string;
  /** Its own time, if that differs from the others'. */
  time: string;
  /** Names of a team's members, with commas between. */
  members: string;
}

export interface Draft {
  preset: string;
  title: string;
  mode: SyncMode;
  rows: Row[];
  /** The time of each participant, each team, each turn, or of all together, depending on the mode. */
  time: string;
  increment: string;
  ceiling: string;
  /** How far below zero clocks go on. */
  overtime: string;
  warnings: string;
  onTimeout: string;
  autoAdvance: boolean;
  outage: OutagePolicy;
}

/** Which of the optional fields apply in which mode. */
export const USES: Record<SyncMode, { time: boolean; increment: boolean; ceiling: boolean; overtime: boolean; ownTimes: boolean }> = {
  per_participant: { time: true, increment: true, ceiling: true, overtime: true, ownTimes: true },
  per_group: { time: true, increment: true, ceiling: true, overtime: true, ownTimes: true },
  per_cycle: { time: true, increment: false, ceiling: false, overtime: true, ownTimes: false },
  global: { time: true, increment: false, ceiling: false, overtime: true, ownTimes: false },
  count_up: { time: false, increment: false, ceiling: true, overtime: false, ownTimes: false },
};

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
  const uses = USES[mode];
  const time = uses.time ? read('time', draft.time, MINUTE) : undefined;
  const own = rows.map((row, index) => (uses.ownTimes ? read(`rows.${index}.time`, row.time, MINUTE) : undefined));
  const thresholds = draft.warnings.split(/[,;]+/).filter((text) => text.trim() !== '');
  const warnings = thresholds.map((text) => read('warnings', text, SECOND));

  const payload: CreatePayload = {
    sync_mode: mode,
    increment_ms: uses.increment ? read('increment', draft.increment, SECOND) : undefined,
    max_time_ms: uses.ceiling ? read('ceiling', draft.ceiling, MINUTE) : undefined,
    overrun_ms: uses.overtime ? read('overtime', draft.overtime, MINUTE) : undefined,
    time_per_cycle_ms: mode === 'per_cycle' ? time : undefined,
    total_time_ms: mode === 'global' ? time : undefined,
    warning_thresholds_ms: warnings.filter((ms) => ms !== undefined),
    action_on_timeout: draft.onTimeout === '' ? undefined : { type: draft.onTimeout },
    auto_advance: draft.autoAdvance,
    outage_policy: draft.outage,
    metadata: metadataOf(draft, time, own),
    ...(mode === 'per_group' ? teams(rows, time, own) : { participants: participants(draft, time, own) }),
  };
  return { payload, issues };
}

function participants({ mode, rows }: Draft, time: number | undefined, own: (number | undefined)[]): CreatePayload['participants'] {
  return rows.map((row, index) => ({
    participant_id: idOf(row),
    total_time_ms: mode === 'per_participant' ? (own[index] ?? time) : undefined,
  }));
}

function teams(rows: Row[], time: number | undefined, own: (number | undefined)[]): Pick<CreatePayload, 'groups' | 'participants'> {
  const groups = rows.map((row, index) => ({
    group_id: idOf(row),
    // If there is no time at all, the server refuses it and names the field.
    total_time_ms: own[index] ?? time ?? 0,
    members: membersOf(row).map(([id]) => id),
  }));
  return { groups, participants: groups.flatMap(({ members }) => members.map((id) => ({ participant_id: id }))) };
}

/** Names, since ids allow fewer characters; and what the clocks began with, which the state forgets. */
function metadataOf({ preset, title, rows, mode }: Draft, time: number | undefined, own: (number | undefined)[]): JsonObject {
  const named = rows.map((row): [string, string] => [idOf(row), row.name.trim() || row.label]);
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
  const names = row.members.split(',').map((name) => name.trim());
  return names.filter((name) => name !== '').map((name, index) => [`${idOf(row)}-${index + 1}`, name]);
}

function idOf({ label }: Row): string {
  return label.toLowerCase().replaceAll(' ', '-');
}

/** The field of a draft that a field of the payload came from; empty for none. */
export function draftField(field: string, { mode, rows }: Draft): string {
  const [list, position = '', part] = field.split('.');
  switch (list) {
    case 'participants':
      if (mode === 'per_group' || position === '') return 'rows';
      return part === 'total_time_ms' ? timeField(rows, position) : `rows.${position}.name`;
    case 'groups':
      if (position === '') return 'rows';
      if (part === 'total_time_ms') return timeField(rows, position);
      return `rows.${position}.${part === 'members' ? 'members' : 'name'}`;
    case 'total_time_ms':
    case 'time_per_cycle_ms':
      return 'time';
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
    case 'action_on_timeout':
      return 'onTimeout';
    case 'metadata':
      return 'title';
    default:
      return '';
  }
}

/** A row without a time of its own has the common one. */
function timeField(rows: Row[], position: string): string {
  return rows[Number(position)]?.time.trim() ? `rows.${position}.time` : 'time';
}
