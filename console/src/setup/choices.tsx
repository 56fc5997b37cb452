/** What a session is for, and the usual choices for that. */
import { useState } from 'react';
import { INTENTS, type Intent, OWN_INTENT } from './intents.ts';
import type { Preset } from './presets.ts';

interface ChoicesProps {
  intent: Intent;
  preset: Preset;
  /** What this device keeps of one's own. */
  own: readonly Preset[];
  onIntent: (intent: Intent) => void;
  onPreset: (preset: Preset) => void;
  onForget: (name: string) => void;
}

export function Choices({ intent, preset, own, onIntent, onPreset, onForget }: ChoicesProps) {
  const [all, setAll] = useState(false);
  const isOwn = intent === OWN_INTENT;
  const shown = isOwn ? [...intent.usual, ...own] : all ? [...intent.usual, ...intent.more] : intent.usual;
  return (
    <>
      <fieldset className="intents">
        <legend>What for?</legend>
        {INTENTS.map((each) => (
          <label key={each.name} className="chip">
            <input type="radio" name="intent" checked={each === intent} onChange={() => onIntent(each)} />
            <span className="sign" aria-hidden="true">
              {each.sign}
            </span>
            <span>{each.name}</span>
          </label>
        ))}
      </fieldset>
      <fieldset className="usual">
        <legend>{preset.description}</legend>
        {shown.map((each) => (
          <label key={each.name} className="chip" title={each.description}>
            <input type="radio" name="preset" checked={each === preset} onChange={() => onPreset(each)} />
            <b>{each.name}</b>
            <span className="number">{each.label}</span>
          </label>
        ))}
        {intent.more.length > 0 && (
          <button type="button" className="chip" aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? 'Fewer' : 'More'}
          </button>
        )}
        {isOwn && own.includes(preset) && (
          <button type="button" className="chip" onClick={() => onForget(preset.name)}>
            Forget “{preset.name}”
          </button>
        )}
      </fieldset>
    </>
  );
}
