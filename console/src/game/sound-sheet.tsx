/** Which sounds a device plays, how loud, and whether it vibrates. */
import { Sheet } from '../sheet.tsx';
import { type SoundName, useWishes } from '../wishes.ts';
import type { Sound } from './use-sound.ts';

const NAMES: readonly (readonly [SoundName, string])[] = [
  ['move', 'Each turn'],
  ['warning', 'Warnings'],
  ['last', 'The last ten seconds'],
  ['up', 'Time is up'],
  ['sold', 'Sold'],
];

export function SoundSheet({ sound, onClose }: { sound: Sound; onClose: () => void }) {
  const [{ volume, silent, vibration }, change] = useWishes();
  return (
    <Sheet title="Sound" onClose={onClose}>
      <div className="steps">
        <button type="button" className={sound.on ? undefined : 'primary'} aria-pressed={sound.on} onClick={sound.toggle}>
          Sound
        </button>
        <button type="button" aria-disabled={!sound.on} onClick={sound.test}>
          Test
        </button>
      </div>
      {sound.isBlocked && <p role="status">The browser lets nothing be heard until you touch the page.</p>}
      <label className="choice">
        <span>Volume</span>
        <input
          className="volume"
          type="range"
          min="0"
          max="100"
          value={Math.round(volume * 100)}
          onChange={(event) => change({ volume: Number(event.target.value) / 100 })}
        />
      </label>
      <div>
        {NAMES.map(([name, label]) => (
          <Tick
            key={name}
            label={label}
            isOn={!silent.includes(name)}
            onChange={(isOn) => change({ silent: isOn ? silent.filter((other) => other !== name) : [...silent, name] })}
          />
        ))}
        {'vibrate' in navigator && <Tick label="Vibration" isOn={vibration} onChange={(isOn) => change({ vibration: isOn })} />}
      </div>
    </Sheet>
  );
}

/** A choice of yes or no. */
export function Tick({ label, isOn, onChange }: { label: string; isOn: boolean; onChange: (isOn: boolean) => void }) {
  return (
    <label className="choice">
      <input type="checkbox" checked={isOn} onChange={(event) => onChange(event.target.checked)} />
      <span>{label}</span>
    </label>
  );
}
