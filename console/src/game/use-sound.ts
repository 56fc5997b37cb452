/** The sound of the page. Off until the user switches it on, as browsers require too; the device remembers that. */
import { useEffect, useState, useSyncExternalStore } from 'react';
import { type SoundName, useWishes } from '../wishes.ts';
import { play } from './tones.ts';

/** A sound that waited longer for its device is out of date. */
const STALE_MS = 1_000;

export interface Sound {
  on: boolean;
  /** Whether the browser lets nothing be heard until the page is touched. */
  isBlocked: boolean;
  toggle: () => void;
  /** Plays a sound, if it is wanted. */
  play: (name: SoundName) => void;
  /** Lets the user hear how loud it is. */
  test: () => void;
}

/** The sound of the page as its user wishes it. */
export function useSound(): Sound {
  const [{ sound: on, volume, silent }, change] = useWishes();
  const [audio, setAudio] = useState(() => (on ? new AudioContext() : null));
  useEffect(() => {
    if (audio === null) return;
    const sleep = keepAwake(audio);
    return () => {
      sleep();
      void audio.close();
    };
  }, [audio]);
  const isBlocked = useSyncExternalStore(
    (listener) => {
      audio?.addEventListener('statechange', listener);
      return () => audio?.removeEventListener('statechange', listener);
    },
    () => audio !== null && audio.state !== 'running',
  );
  return {
    on,
    isBlocked,
    toggle: () => {
      const next = on ? null : new AudioContext();
      // Lets the user hear how loud it is.
      if (next !== null) play(next, 'warning', volume);
      change({ sound: next !== null });
      setAudio(next);
    },
    play: (name) => void (audio !== null && !silent.includes(name) && playWhenAwake(audio, name, volume)),
    test: () => void (audio !== null && playWhenAwake(audio, 'warning', volume)),
  };
}

/**
 * Resumes the sound whenever that may work: a call, another application or a locked screen interrupts it, and some
 * browsers resume it only when the page is shown again or touched. Returns a function that ends this.
 */
function keepAwake(audio: AudioContext): () => void {
  const wake = (): void => void (audio.state !== 'running' && document.visibilityState === 'visible' && resume(audio));
  const signs = ['pointerdown', 'keydown', 'pageshow', 'focus', 'visibilitychange'];
  for (const sign of signs) addEventListener(sign, wake, true);
  audio.addEventListener('statechange', wake);
  return () => {
    for (const sign of signs) removeEventListener(sign, wake, true);
    audio.removeEventListener('statechange', wake);
  };
}

async function playWhenAwake(audio: AudioContext, name: SoundName, volume: number): Promise<void> {
  const askedAt = performance.now();
  if (audio.state !== 'running') await resume(audio);
  if (audio.state === 'running' && performance.now() - askedAt < STALE_MS) play(audio, name, volume);
}

/** Fails while another application uses the device, and after it was closed; the next event tries again. */
async function resume(audio: AudioContext): Promise<void> {
  if (audio.state !== 'closed') await audio.resume().catch(() => undefined);
}
