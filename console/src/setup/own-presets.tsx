/** Presets of one's own, which this device keeps. */
import { useState } from 'react';
import { isRecord, readList, writeList } from '../kept.ts';
import { type Draft, isMode, type Row } from './draft.ts';
import { TextField } from './fields.tsx';
import { OWN, type Preset } from './presets.ts';

const LIST = 'presets';
const PRESETS_MAX = 20;

/** The presets that this device keeps, the latest first. What an older page kept in another form is left out. */
export function ownPresets(): Preset[] {
  return readList(LIST).flatMap((kept) => {
    if (!isRecord(kept) || typeof kept['name'] !== 'string' || !isDraft(kept['draft'])) return [];
    return [{ name: kept['name'], label: '', description: 'A preset of your own', draft: kept['draft'] }];
  });
}

/** Keeps a preset in place of one of the same name. False if this browser keeps nothing. */
export function keepPreset(name: string, draft: Draft): boolean {
  const others = ownPresets().filter((preset) => preset.name !== name);
  return writeList(LIST, [{ name, draft }, ...others.map((preset) => ({ name: preset.name, draft: preset.draft }))].slice(0, PRESETS_MAX));
}

export function forgetPreset(name: string): void {
  writeList(
    LIST,
    ownPresets().filter((preset) => preset.name !== name),
  );
}

/** A field for the name of a preset that is made of the present form. */
export function KeepPreset({ onKeep }: { onKeep: (name: string) => boolean }) {
  const [name, setName] = useState('');
  const [fault, setFault] = useState<string>();
  const keep = (): void => {
    const given = name.trim();
    if (given === '') return setFault('What shall it be called?');
    setFault(onKeep(given) ? undefined : 'This browser keeps nothing for this page.');
    setName('');
  };
  return (
    <div className="keep">
      <TextField label="Name of a preset of your own" value={name} fault={fault} onChange={setName} />
      <button type="button" className="add" onClick={keep}>
        Keep this
      </button>
    </div>
  );
}

/** Fields of a draft that may be null in place of a text. */
const MAYBE_NULL = new Set(['control', 'rounds', 'people']);

function isDraft(value: unknown): value is Draft {
  if (!isRecord(value) || !isMode(value['mode']) || !Array.isArray(value['rows']) || !value['rows'].every(isRow)) return false;
  return Object.entries(OWN.draft).every(([field, sample]) => {
    const given = value[field];
    return MAYBE_NULL.has(field) ? given === null || typeof given === 'string' : typeof given === typeof sample;
  });
}

function isRow(value: unknown): value is Row {
  return isRecord(value) && ['label', 'name', 'time', 'members'].every((field) => typeof value[field] === 'string');
}
