/** How the user of this device likes the page: remembered on the device, for all games. */
import { useSyncExternalStore } from 'react';

export type SoundName = 'move' | 'warning' | 'last' | 'up' | 'sold';

export interface Wishes {
  /** Whether the page sounds at all. */
  sound: boolean;
  /** 0 to 1. */
  volume: number;
  /** Which sounds are not wanted. */
  silent: readonly SoundName[];
  vibration: boolean;
  /** Whether single keys do something. */
  keys: boolean;
}

const KEY = 'synckairos.wishes';
/** Ticks and moves are many, so they are asked for. */
const USUAL: Wishes = { sound: false, volume: 0.6, silent: ['move', 'last'], vibration: true, keys: true };
const SOUNDS: readonly unknown[] = ['move', 'warning', 'last', 'up', 'sold'] satisfies SoundName[];

let wishes = read();
const listeners = new Set<() => void>();

/** The wishes, and a function that changes some of them. */
export function useWishes(): [Wishes, (change: Partial<Wishes>) => void] {
  return [useSyncExternalStore(subscribe, () => wishes), change];
}

function change(part: Partial<Wishes>): void {
  wishes = { ...wishes, ...part };
  try {
    localStorage.setItem(KEY, JSON.stringify(wishes));
  } catch {
    // Without a storage they last until the page is left.
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function read(): Wishes {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    if (typeof kept !== 'object' || kept === null) return USUAL;
    const { sound, volume, silent, vibration, keys }: { [K in keyof Wishes]?: unknown } = kept;
    return {
      sound: sound === true,
      volume: typeof volume === 'number' && volume >= 0 && volume <= 1 ? volume : USUAL.volume,
      silent: Array.isArray(silent) ? silent.filter(isSound) : USUAL.silent,
      vibration: vibration !== false,
      keys: keys !== false,
    };
  } catch {
    return USUAL;
  }
}

function isSound(name: unknown): name is SoundName {
  return SOUNDS.includes(name);
}
