/** The first page: what for, one of the usual choices, names, go; or every field of one's own. */
import { type FieldIssue, type SyncKairosClient, SyncKairosError } from '@synckairos/client';
import { type FormEvent, lazy, Suspense, useEffect, useRef, useState } from 'react';
import { recentSessions } from '../kept.ts';
import { JoinCode } from '../join/join-code.tsx';
import { playgroundHash, sessionHash } from '../route.ts';
import { invite } from '../share/invited.ts';
import { explain } from '../words.ts';
import { Choices } from './choices.tsx';
import { controlWords, readControl } from './control-words.ts';
import { type Draft, draftField, sessionFrom, usesOf } from './draft.ts';
import { wordsForFault } from './faults.ts';
import { type Faults, TextArea, TextField } from './fields.tsx';
import { INTENTS, type Intent, OWN_INTENT } from './intents.ts';
import { forgetPreset, KeepPreset, keepPreset, ownPresets } from './own-presets.tsx';
import { OWN, type Preset } from './presets.ts';
import { Rows } from './rows.tsx';
import { noted, NOTHING_WRITTEN, switchedTo } from './switched.ts';

// Seldom opened.
const Details = lazy(async () => ({ default: (await import('./details.tsx')).Details }));
// Whoever is here for the first time has none.
const Resume = lazy(async () => ({ default: (await import('./resume.tsx')).Resume }));

/** Fields that show without opening the details. */
const IN_SIGHT = /^(time|control|rows|people)/;

const NO_FAULTS: Faults = {};
const MARKED = 'Please look at the marked fields.';

export function SetupPage({ client }: { client: SyncKairosClient }) {
  const [intent, setIntent] = useState<Intent>(INTENTS[0]);
  const [preset, setPreset] = useState<Preset>(INTENTS[0].usual[0]);
  const [draft, setDraft] = useState<Draft>(preset.draft);
  const [own, setOwn] = useState(ownPresets);
  const [written, setWritten] = useState(NOTHING_WRITTEN);
  const [detailed, setDetailed] = useState(false);
  const [busy, setBusy] = useState(false);
  const [faults, setFaults] = useState(NO_FAULTS);
  const [problem, setProblem] = useState<string | null>(null);
  const form = useRef<HTMLFormElement>(null);
  const change = (part: Partial<Draft>): void => setDraft({ ...draft, ...part });

  const choose = (next: Preset): void => {
    const known = noted(written, draft, preset.draft);
    setWritten(known);
    setDraft(switchedTo(next.draft, draft, preset.draft, known));
    setPreset(next);
    setDetailed(next.draft.preset === 'own');
    setFaults(NO_FAULTS);
    setProblem(null);
  };

  const keep = (name: string): boolean => {
    if (!keepPreset(name, draft)) return false;
    const kept = ownPresets();
    setOwn(kept);
    setIntent(OWN_INTENT);
    setPreset(kept.find((each) => each.name === name) ?? preset);
    return true;
  };

  useEffect(() => {
    if (faults !== NO_FAULTS) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [faults]);

  const create = async (invites: boolean): Promise<void> => {
    if (busy) return;
    const { payload, issues } = sessionFrom(draft);
    const blame = (found: { field: string; message: string }[]): void => {
      setFaults(found.length === 0 ? NO_FAULTS : Object.fromEntries(found.map(({ field, message }) => [field, message])));
      if (found.some(({ field }) => !IN_SIGHT.test(field))) setDetailed(true);
    };
    setBusy(true);
    setProblem(issues.length === 0 ? null : MARKED);
    blame(issues);
    try {
      if (issues.length > 0) return;
      const { session_id: id } = await client.createSession(payload);
      if (invites) invite(id);
      location.hash = sessionHash(id);
    } catch (thrown) {
      const found = issuesOf(thrown).map((issue) => {
        const field = draftField(issue.field, draft);
        return { field, message: wordsForFault(field, issue) };
      });
      blame(found);
      if (found.length === 0) setProblem(explain(thrown));
      else setProblem(found.some(({ field }) => field !== '') ? MARKED : 'The server does not take this together.');
    } finally {
      setBusy(false);
    }
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void create(false);
  };

  const [hasRecent] = useState(() => recentSessions().length > 0);
  const uses = usesOf(draft);
  return (
    <main className="setup">
      <h1 className="wordmark">
        <img src="favicon.svg" alt="" width="44" height="44" />
        SyncKairos
      </h1>
      <p className="lead">One clock, the same on every device.</p>
      <div className="come-back">
        <Suspense>{hasRecent && <Resume client={client} />}</Suspense>
        <JoinCode client={client} />
      </div>
      <form ref={form} className="card" noValidate onSubmit={submit}>
        <Choices
          intent={intent}
          preset={preset}
          own={own}
          onIntent={(next) => {
            setIntent(next);
            choose(next.usual[0]);
          }}
          onPreset={choose}
          onForget={(name) => {
            forgetPreset(name);
            setOwn(ownPresets());
            choose(OWN);
          }}
        />
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
            <Rows
              draft={draft}
              faults={faults}
              detailed={detailed}
              // A game mostly has the players that it is known for.
              growing={detailed || intent !== INTENTS[0]}
              onChange={(rows) => change({ rows })}
            />
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
            Advanced
          </button>
          <Suspense>
            {detailed && <Details draft={draft} faults={faults} onChange={change} />}
            {detailed && <KeepPreset onKeep={keep} />}
          </Suspense>
        </div>
        <div className="create">
          <p className="problem" role="alert">
            {problem}
          </p>
          <button className="primary" type="submit" aria-disabled={busy}>
            {busy ? 'Creating…' : 'Create'}
          </button>
          <button className="more" type="button" aria-disabled={busy} onClick={() => void create(true)}>
            Create and invite
          </button>
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
