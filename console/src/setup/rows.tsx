/** Who or what has a turn: participants, teams, items of an agenda. */
import { type Draft, type Row, usesOf } from './draft.ts';
import { type Faults, TextField } from './fields.tsx';
import { PasteList } from './paste-list.tsx';
import type { PastedLine } from './pasted.ts';

interface RowsProps {
  draft: Draft;
  faults: Faults;
  /** Whether each row shows its time, also where none has one of its own. */
  detailed: boolean;
  /** Whether rows can be added and removed. */
  growing: boolean;
  onChange: (rows: Row[]) => void;
}

export function Rows({ draft, faults, detailed, growing, onChange }: RowsProps) {
  const { rows, mode } = draft;
  const isTeams = mode === 'per_group';
  const isQuiz = draft.preset === 'quiz' && draft.together;
  const { ownTimes } = usesOf(draft);
  const withTimes = ownTimes && (detailed || rows.some((row) => row.time !== ''));
  const noun = isTeams ? 'Side' : (NOUNS[draft.preset] ?? 'Player');
  const take = (lines: PastedLine[]): void =>
    onChange(lines.map(({ name, time }, index) => ({ label: `${noun} ${index + 1}`, name, time: ownTimes ? time : '', members: '' })));
  const change = (index: number, part: Partial<Row>): void =>
    onChange(rows.map((row, position) => (position === index ? { ...row, ...part } : row)));
  return (
    <fieldset className="rows" data-columns={withTimes || isTeams || isQuiz}>
      <legend>{isTeams ? 'Teams' : (LEGENDS[draft.preset] ?? 'Who takes turns')}</legend>
      {rows.map((row, index) => (
        <div className="row" key={row.label}>
          <TextField
            label={isTeams ? `Team ${row.label}` : row.label}
            value={row.name}
            placeholder={row.label}
            fault={faults[`rows.${index}.name`]}
            onChange={(name) => change(index, { name })}
          />
          {(isTeams || isQuiz) && (
            <TextField
              label={isQuiz ? 'Choices' : 'Members'}
              value={row.members}
              fault={faults[`rows.${index}.members`]}
              onChange={(members) => change(index, { members })}
            />
          )}
          {withTimes && (
            <TextField
              label="Own time"
              value={row.time}
              placeholder={draft.control ?? draft.time}
              fault={faults[`rows.${index}.time`]}
              onChange={(time) => change(index, { time })}
            />
          )}
          {growing && (
            <button
              type="button"
              className="remove"
              aria-label={`Remove ${row.name || row.label}`}
              onClick={() => onChange(rows.filter((_, position) => position !== index))}
            >
              ×
            </button>
          )}
        </div>
      ))}
      {rows.length === 0 && <p className="field-note">Nobody in particular: one clock for everybody.</p>}
      <p className="problem">{faults['rows']}</p>
      {!isTeams && <PasteList example={ownTimes ? 'Anna\nBen, +25 %' : 'Anna\nBen'} onTake={take} />}
      {growing && (
        <button type="button" className="add" onClick={() => onChange([...rows, freshRow(rows, noun)])}>
          {isTeams ? 'Add a team' : 'Add one'}
        </button>
      )}
    </fieldset>
  );
}

const LEGENDS: Partial<Record<string, string>> = {
  agenda: 'Items',
  intervals: 'Items',
  auction: 'Who bids',
  lots: 'Lots',
  exam: 'Who writes',
  quiz: 'Questions',
  race: 'Who runs',
};

/** What a row is called until it has a name, if it is not a player. */
const NOUNS: Partial<Record<string, string>> = {
  agenda: 'Item',
  intervals: 'Part',
  auction: 'Paddle',
  lots: 'Lot',
  quiz: 'Question',
  turns: 'Team',
  exam: 'Student',
  race: 'Lane',
};

function freshRow(rows: Row[], noun: string): Row {
  let number = rows.length + 1;
  while (rows.some((row) => row.label === `${noun} ${number}`)) number += 1;
  return { label: `${noun} ${number}`, name: '', time: '', members: noun === 'Side' ? 'Captain' : '' };
}
