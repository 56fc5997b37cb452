/** Tones for warnings and for the end of the time. Off until the user switches them on, as browsers require too. */
import type { SyncKairosClient } from '@synckairos/client';
import { useEffect, useState } from 'react';

/** Seconds and hertz. */
const WARNING = [{ at: 0, lasts: 0.12, pitch: 880 }];
const TIME_UP = [0, 0.22, 0.44].map((at) => ({ at, lasts: 0.18, pitch: 587 }));
/** A tone that waited longer for its device is out of date. */
const STALE_MS = 1_000;

export interface Sound {
  on: boolean;
  toggle: () => void;
}

/** The sounds of warnings and expiries of a session, which are off until the user switches them on. */
export function useSound(client: SyncKairosClient, sessionId: string): Sound {
  const [audio, setAudio] = useState<AudioContext | null>(null);
  useEffect(() => {
    if (audio === null) return;
    const ours = (event: { session_id: string }, tones: typeof WARNING): void => {
      if (event.session_id === sessionId) void playWhenAwake(audio, tones);
    };
    const off = [
      client.on('timeWarning', (event) => ours(event, WARNING)),
      client.on('timeExpired', (event) => ours(event, TIME_UP)),
      keepAwake(audio),
    ];
    return () => {
      for (const stop of off) stop();
      void audio.close();
    };
  }, [client, sessionId, audio]);
  const toggle = (): void => {
    const next = audio === null ? new AudioContext() : null;
    // Lets the user hear how loud it is.
    if (next !== null) play(next, WARNING);
    setAudio(next);
  };
  return { on: audio !== null, toggle };
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

async function playWhenAwake(audio: AudioContext, tones: typeof WARNING): Promise<void> {
  const askedAt = performance.now();
  if (audio.state !== 'running') await resume(audio);
  if (audio.state === 'running' && performance.now() - askedAt < STALE_MS) play(audio, tones);
}

/** Fails while another application uses the device, and after it was closed; the next event tries again. */
async function resume(audio: AudioContext): Promise<void> {
  if (audio.state !== 'closed') await audio.resume().catch(() => undefined);
}

function play(audio: AudioContext, tones: typeof WARNING): void {
  for (const { at, lasts, pitch } of tones) {
    const begin = audio.currentTime + at;
    const volume = new GainNode(audio, { gain: 0 });
    // Faded in and out, since a sudden edge clicks.
    volume.gain.setValueAtTime(0, begin);
    volume.gain.linearRampToValueAtTime(0.25, begin + 0.01);
    volume.gain.linearRampToValueAtTime(0, begin + lasts);
    const tone = new OscillatorNode(audio, { frequency: pitch });
    tone.connect(volume).connect(audio.destination);
    tone.start(begin);
    tone.stop(begin + lasts);
  }
}
