/** The first page: a preset, names, go; or every field of one's own. */
import { type FieldIssue, type SyncKairosClient, SyncKairosError } from '@synckairos/client';
import { type FormEvent, useState } from 'react';
import { playgroundHash, sessionHash } from '../route.ts';
import { explain } from '../words.ts';
import { Details } from './details.tsx';
import { CONTROL_PRESETS } from './control-presets.ts';
import { controlWords, readControl } from './control-words.ts';
import { type Draft, draftField, sessionFrom, usesOf } from './draft.ts';
import { wordsForFault } from './faults.ts';
import { type Faults, TextArea, TextField } from './fields.tsx';
import { type Preset, PRESETS } from './presets.ts';
import { Rows } from './rows.tsx';
import { switchedTo } from './switched.ts';

/** Fields that show without opening the details. */
const IN_SIGHT = /^(time|control|rows|people)/;

export function SetupPage({ client }: { client: SyncKairosClient }) {
  const [draft, setDraft] = useState<Draft>(PRESETS[0].draft);
  const [detailed, setDetailed] = useState(false);
  const [busy, setBusy] = useState(false);
  const [faults, setFaults] = useState<Faults>({});
  const [problem, setProblem] = useState<string | null>(null);
  const change = (part: Partial<Draft>): void => setDraft({ ...draft, ...part });

  const choose = (preset: Preset): void => {
    setDraft(switchedTo(preset.draft, draft));
    setDetailed(preset.draft.preset === 'own');
    setFaults({});
    setProblem(null);
  };

  const create = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (busy) return;
    const { payload, issues } = sessionFrom(draft);
    const blame = (found: { field: string; message: string }[]): void => {
      setFaults(Object.fromEntries(found.map(({ field, message }) => [field, message])));
      if (found.some(({ field }) => !IN_SIGHT.test(field))) setDetailed(true);
    };
    setBusy(true);
    setProblem(issues.length === 0 ? null : 'Please look at the marked fields.');
    blame(issues);
    try {
      if (issues.length > 0) return;
      const state = await client.createSession(payload);
      location.hash = sessionHash(state.session_id);
    } catch (thrown) {
      const found = issuesOf(thrown).map((issue) => {
        const field = draftField(issue.field, draft);
        return { field, message: wordsForFault(field, issue) };
      });
      blame(found);
      if (found.length === 0) setProblem(explain(thrown));
      else
        setProblem(found.some(({ field }) => field !== '') ? 'Please look at the marked fields.' : 'The server does not take this game.');
    } finally {
      setBusy(false);
    }
  };

  const uses = usesOf(draft);
  return (
    <main className="setup">
      <h1 className="wordmark">
        <img src="favicon.svg" alt="" width="44" height="44" />
        SyncKairos
      </h1>
      <p className="lead">One clock, the same on every device.</p>
      <form className="card" noValidate onSubmit={(event) => void create(event)}>
        <div className="choices">
          <fieldset className="presets">
            <legend>What for?</legend>
            {PRESETS.map((preset) => (
              <PresetChoice key={preset.name} preset={preset} checked={preset.draft.preset === draft.preset} onChoose={choose} />
            ))}
          </fieldset>
          <fieldset className="control-presets">
            <legend>Time controls of board and card games</legend>
            {CONTROL_PRESETS.map((preset) => (
              <label key={preset.name} className="chip" title={preset.description}>
                <input type="radio" name="preset" checked={preset.draft.preset === draft.preset} onChange={() => choose(preset)} />
                <b>{preset.name}</b>
                <span className="number">{preset.label}</span>
              </label>
            ))}
          </fieldset>
        </div>
        <div className="settings">
          {uses.control && (
            <ControlField control={draft.control ?? ''} fault={faults['control']} onChange={(control) => change({ control })} />
          )}
          {uses.time && (
            <TextField
              label={TIME_LABELS[draft.mode]}
              value={draft.time}
              hint="5:00 is five minutes, 1:30:00 an hour and a half; 30 s and 90 min will do as well"
              fault={faults['time']}
              onChange={(time) => change({ time })}
            />
          )}
          {(draft.rows.length > 0 || detailed) && (
            <Rows draft={draft} faults={faults} detailed={detailed} onChange={(rows) => change({ rows })} />
          )}
          {draft.people !== null && (
            <TextArea
              label={draft.preset === 'lots' ? 'Who bids, one a line' : 'Who plays, one a line'}
              value={draft.people}
              fault={faults['people']}
              onChange={(people) => change({ people })}
            />
          )}
          <button type="button" className="more" aria-expanded={detailed} onClick={() => setDetailed(!detailed)}>
            {detailed ? 'Fewer settings' : 'More settings'}
          </button>
          {detailed && <Details draft={draft} faults={faults} onChange={change} />}
          <button className="primary" type="submit" aria-disabled={busy}>
            {busy ? 'Creating…' : 'Create game'}
          </button>
          <p className="problem" role="alert">
            {problem}
          </p>
        </div>
      </form>
      <p className="aside">
        <a href="#/playground">Playground of time controls</a>
        <a href="#/board">Board</a>
        <a href="#/operator">Operator view</a>
      </p>
    </main>
  );
}

/** A time control in the words of players, what it means, and a way to try it out. */
function ControlField({ control, fault, onChange }: { control: string; fault: string | undefined; onChange: (control: string) => void }) {
  const { control: read, fault: unread } = readControl(control);
  return (
    <div className="control-field">
      <TextField
        label="Time control"
        value={control}
        // Only what was sent is blamed: what is being written is not wrong yet.
        hint={read === undefined ? unread : controlWords(read)}
        fault={fault}
        onChange={onChange}
      />
      <a href={playgroundHash(control)}>Try it turn by turn</a>
    </div>
  );
}

const TIME_LABELS: Record<Draft['mode'], string> = {
  per_participant: 'Time for each',
  per_group: 'Time for each team',
  per_cycle: 'Time for each turn',
  global: 'Time',
  count_up: 'Time',
};

function issuesOf(thrown: unknown): FieldIssue[] {
  return thrown instanceof SyncKairosError && Array.isArray(thrown.details) ? thrown.details : [];
}

function PresetChoice({ preset, checked, onChoose }: { preset: Preset; checked: boolean; onChoose: (preset: Preset) => void }) {
  return (
    <label className="preset">
      <input type="radio" name="preset" value={preset.draft.preset} checked={checked} onChange={() => onChoose(preset)} />
      <span className="preset-name">{preset.name}</span>
      <span className="preset-label number">{preset.label}</span>
      <span className="preset-text">{preset.description}</span>
    </label>
  );
}
