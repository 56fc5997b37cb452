/** The first page: a preset, two names, go. */
import { SyncKairosError, type SyncKairosClient } from '@synckairos/client';
import { useState, type FormEvent } from 'react';
import { PRESETS, sessionFrom, type Preset } from './presets.ts';
import { sessionHash } from './route.ts';
import { explain } from './words.ts';

export function SetupPage({ client }: { client: SyncKairosClient }) {
  const [preset, setPreset] = useState(PRESETS[0]);
  const [white, setWhite] = useState('');
  const [black, setBlack] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);

  const create = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (preset === undefined || busy) return;
    setBusy(true);
    setError(null);
    try {
      const state = await client.createSession(sessionFrom(preset, [white.trim() || 'White', black.trim() || 'Black']));
      location.hash = sessionHash(state.session_id);
    } catch (thrown) {
      setError(thrown instanceof SyncKairosError ? explain(thrown) : String(thrown));
      setBusy(false);
    }
  };

  return (
    <main className="setup">
      <h1 className="wordmark">
        <img src="/favicon.svg" alt="" width="44" height="44" />
        SyncKairos
      </h1>
      <p className="lead">One clock, the same on every device.</p>
      <form className="card" onSubmit={(event) => void create(event)}>
        <fieldset className="presets">
          <legend>Time control</legend>
          {PRESETS.map((choice) => (
            <PresetChoice key={choice.id} preset={choice} checked={choice === preset} onChoose={setPreset} />
          ))}
        </fieldset>
        <div className="names">
          <NameField label="Plays first" placeholder="White" value={white} onChange={setWhite} />
          <NameField label="Plays second" placeholder="Black" value={black} onChange={setBlack} />
        </div>
        <button className="primary" type="submit" disabled={busy}>
          {busy ? 'Creating…' : 'Create game'}
        </button>
        <p className="problem" role="alert">
          {error}
        </p>
      </form>
    </main>
  );
}

function PresetChoice({ preset, checked, onChoose }: { preset: Preset; checked: boolean; onChoose: (preset: Preset) => void }) {
  return (
    <label className="preset">
      <input type="radio" name="preset" value={preset.id} checked={checked} onChange={() => onChoose(preset)} />
      <span className="preset-label number">{preset.label}</span>
      <span className="preset-name">{preset.name}</span>
      <span className="preset-text">{preset.description}</span>
    </label>
  );
}

function NameField({
  label,
  placeholder,
  value,
  onChange,
}: {
  label: string;
  placeholder: string;
  value: string;
  onChange: (value: string) => void;
}) {
  return (
    <label className="field">
      <span>{label}</span>
      <input
        type="text"
        value={value}
        placeholder={placeholder}
        maxLength={40}
        autoComplete="off"
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  );
}
