/** What a person can set up with one tap. Durations are milliseconds. */
import type { CreatePayload } from '@synckairos/client';

export interface Preset {
  id: string;
  name: string;
  /** Minutes + seconds per move, as players write it. */
  label: string;
  description: string;
  bank: number;
  increment: number;
}

const MINUTE = 60_000;

export const PRESETS: readonly Preset[] = [
  {
    id: 'chess',
    name: 'Chess',
    label: '5 + 3',
    description: 'Five minutes each, three seconds back per move',
    bank: 5 * MINUTE,
    increment: 3_000,
  },
  {
    id: 'rapid',
    name: 'Rapid',
    label: '10 + 5',
    description: 'Ten minutes each, five seconds back per move',
    bank: 10 * MINUTE,
    increment: 5_000,
  },
  {
    id: 'blitz',
    name: 'Blitz',
    label: '3 + 2',
    description: 'Three minutes each, two seconds back per move',
    bank: 3 * MINUTE,
    increment: 2_000,
  },
];

/** The session a preset and two names make. Names go into the metadata, since ids allow fewer characters. */
export function sessionFrom(preset: Preset, names: readonly [string, string]): CreatePayload {
  const [first, second] = names;
  return {
    sync_mode: 'per_participant',
    participants: [
      { participant_id: 'white', total_time_ms: preset.bank },
      { participant_id: 'black', total_time_ms: preset.bank },
    ],
    increment_ms: preset.increment,
    warning_thresholds_ms: [60_000, 30_000, 10_000],
    metadata: { title: `${preset.name} ${preset.label}`, names: { white: first, black: second }, bank_ms: preset.bank },
  };
}
