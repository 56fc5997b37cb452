/** What stays of a form when another preset is chosen. */
import { CONTROL_PRESETS } from './control-presets.ts';
import type { Draft } from './draft.ts';
import { PRESETS } from './presets.ts';

/**
 * The draft of a preset, with what a person wrote before: a title that is not the former preset's, and names where both
 * have the same kind of rows.
 */
export function switchedTo(next: Draft, written: Draft): Draft {
  const former = [...PRESETS, ...CONTROL_PRESETS].find(({ draft }) => draft.preset === written.preset)?.draft;
  const title = former === undefined || former.title === written.title ? next.title : written.title;
  if (kindOf(next) !== kindOf(written)) return { ...next, title };
  const rows = next.rows.map((row, index) => Object.assign({}, row, { name: written.rows[index]?.name || row.name }));
  return { ...next, title, rows };
}

/** What the rows of a draft are: players, teams, those who write an exam, or the items of one kind of programme. */
function kindOf({ mode, rounds, together, preset }: Draft): string {
  if (mode === 'per_group') return 'teams';
  if (rounds !== null) return preset;
  return together && mode === 'per_participant' ? 'students' : 'players';
}
