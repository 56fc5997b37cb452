/** Every field of a session that presets fill in. */
import type { OutagePolicy, SyncMode } from '@synckairos/client';
import { type Draft, isProgramme, takesControl, usesOf } from './draft.ts';
import { type Faults, SelectField, TextField } from './fields.tsx';

const MODES: Record<SyncMode, string> = {
  per_participant: 'A clock for each participant',
  per_group: 'A clock for each team',
  per_cycle: 'The same time for every turn',
  global: 'One countdown for all',
  count_up: 'One stopwatch for all',
};

const ACTIONS = {
  '': 'Nothing special',
  end_session: 'The session ends',
  skip_cycle: 'The next one’s turn begins',
  auto_action: 'The application decides',
};

const OUTAGES: Record<OutagePolicy, string> = {
  charge: 'clocks run on',
  credit: 'nobody is charged for it',
  pause: 'the session is paused',
};

interface DetailsProps {
  draft: Draft;
  faults: Faults;
  onChange: (part: Partial<Draft>) => void;
}

export function Details({ draft, faults, onChange }: DetailsProps) {
  const uses = usesOf(draft);
  return (
    <div className="details">
      <TextField label="Title" value={draft.title} fault={faults['title']} onChange={(title) => onChange({ title })} />
      <SelectField label="Mode" value={draft.mode} options={MODES} fault={faults['mode']} onChange={(mode) => onChange({ mode })} />
      {takesControl(draft.mode) && (
        <label className="check">
          <input
            type="checkbox"
            checked={draft.control !== null}
            onChange={(event) =>
              onChange({ control: event.target.checked ? (draft.time === '' ? '5+3' : draft.time.replace(/:00$/, '')) : null })
            }
          />
          Stages, delays or periods
        </label>
      )}
      {uses.increment && (
        <TextField
          label="Added after each turn"
          value={draft.increment}
          placeholder="nothing"
          fault={faults['increment']}
          onChange={(increment) => onChange({ increment })}
        />
      )}
      {uses.ceiling && (
        <TextField
          label={draft.mode === 'count_up' ? 'Stops at' : 'A clock holds at most'}
          value={draft.ceiling}
          placeholder={draft.mode === 'count_up' ? 'never' : '24:00:00'}
          fault={faults['ceiling']}
          onChange={(ceiling) => onChange({ ceiling })}
        />
      )}
      {uses.overtime && (
        <TextField
          label="Overtime after zero"
          value={draft.overtime}
          placeholder="none"
          fault={faults['overtime']}
          hint="The clock goes on below zero for so long"
          onChange={(overtime) => onChange({ overtime })}
        />
      )}
      <TextField
        label="Warnings when this is left"
        value={draft.warnings}
        placeholder="none"
        fault={faults['warnings']}
        onChange={(warnings) => onChange({ warnings })}
      />
      {(draft.softClose !== '' || draft.preset === 'lots') && (
        <TextField
          label="A late bid leaves"
          value={draft.softClose}
          placeholder="nothing more"
          fault={faults['softClose']}
          hint="A bid with less time than this left sets the clock to this"
          onChange={(softClose) => onChange({ softClose })}
        />
      )}
      {isProgramme(draft) && (
        <TextField
          label="Rounds"
          value={draft.rounds ?? ''}
          placeholder="1"
          fault={faults['rounds']}
          onChange={(rounds) => onChange({ rounds })}
        />
      )}
      <TextField
        label="Turns that can be taken back"
        value={draft.undo}
        placeholder="none"
        fault={faults['undo']}
        onChange={(undo) => onChange({ undo })}
      />
      <TextField
        label="Starts by itself at"
        type="datetime-local"
        value={draft.startsAt}
        fault={faults['startsAt']}
        hint="Empty: somebody starts it"
        onChange={(startsAt) => onChange({ startsAt })}
      />
      <SelectField
        label="When a clock runs out"
        value={draft.onTimeout as keyof typeof ACTIONS}
        options={ACTIONS}
        fault={faults['onTimeout']}
        onChange={(onTimeout) => onChange({ onTimeout })}
      />
      <SelectField
        label="When no server ran for a while"
        value={draft.outage}
        options={OUTAGES}
        fault={undefined}
        onChange={(outage) => onChange({ outage })}
      />
      <label className="check">
        <input type="checkbox" checked={draft.autoAdvance} onChange={(event) => onChange({ autoAdvance: event.target.checked })} />
        The next turn begins by itself
      </label>
    </div>
  );
}
