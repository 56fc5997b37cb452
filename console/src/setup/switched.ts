/** What stays of a form when something else is chosen. */
import type { Draft, Row } from './draft.ts';
import { parseList } from './pasted.ts';

/** What a person has written into forms so far, though the present one may have no place for it. */
export interface Written {
  /** Rows by their kind, where they are not a preset's own; `grown` if there are more or fewer, and one has a name. */
  rows: Readonly<Record<string, { rows: readonly Row[]; grown: boolean }>>;
  /** Names of those who play, bid or run. */
  persons: readonly string[];
}

export const NOTHING_WRITTEN: Written = { rows: {}, persons: [] };

/** Adds what a person has changed in a form that began as `preset`. */
export function noted(written: Written, draft: Draft, preset: Draft): Written {
  let { rows, persons } = written;
  const kind = kindOf(draft);
  if (draft.rows !== preset.rows) {
    const grown = draft.rows.length !== preset.rows.length && draft.rows.some(({ name }) => name !== '');
    rows = { ...rows, [kind]: { rows: draft.rows, grown } };
    if (kind === PLAYERS) persons = draft.rows.map(({ name }) => name);
  }
  if (draft.people !== null && draft.people !== preset.people) persons = parseList(draft.people).map(({ name }) => name);
  return { rows, persons };
}

/**
 * The form of the next preset, with what was written before: a title that is not the former preset's, rows that were
 * added, and names.
 */
export function switchedTo(next: Draft, draft: Draft, former: Draft, written: Written): Draft {
  const kind = kindOf(next);
  const { rows, grown } = written.rows[kind] ?? { rows: [], grown: false };
  const names = kind === PLAYERS ? written.persons : rows.map(({ name }) => name);
  const persons = written.persons.filter((name) => name !== '');
  return {
    ...next,
    title: draft.title === former.title ? next.title : draft.title,
    rows: grown && kind !== PLAYERS ? [...rows] : [...named(next.rows, names), ...(grown ? rows.slice(next.rows.length) : [])],
    people: next.people === null || persons.length === 0 ? next.people : persons.join('\n'),
  };
}

/** Players of another game are called otherwise (`White`, `Lane 1`); what they are named stays. */
function named(rows: readonly Row[], names: readonly string[]): Row[] {
  return rows.map((row, index) => Object.assign({}, row, { name: names[index] || row.name }));
}

const PLAYERS = 'players';

/** What the rows of a draft are: players, teams, those who write an exam, or the items of one kind of programme. */
function kindOf({ mode, rounds, together, preset }: Draft): string {
  if (mode === 'per_group') return 'teams';
  if (rounds !== null) return preset;
  return together && mode === 'per_participant' ? 'students' : PLAYERS;
}
