/** Tones for warnings and for time that is up. Off until somebody asks, as browsers want it too. */
import type { SyncKairosClient } from '@synckairos/client';
import { useEffect, useState } from 'react';

/** Seconds and hertz. */
const WARNING = [{ at: 0, lasts: 0.12, pitch: 880 }];
const TIME_UP = [0, 0.22, 0.44].map((at) => ({ at, lasts: 0.18, pitch: 587 }));

export interface Sound {
  on: boolean;
  toggle: () => void;
}

export function useSound(client: SyncKairosClient, sessionId: string): Sound {
  const [audio, setAudio] = useState<AudioContext | null>(null);
  useEffect(() => {
    if (audio === null) return;
    const ours = (event: { session_id: string }, tones: typeof WARNING): void =>
      void (event.session_id === sessionId && play(audio, tones));
    const off = [client.on('timeWarning', (event) => ours(event, WARNING)), client.on('timeExpired', (event) => ours(event, TIME_UP))];
    return () => {
      for (const stop of off) stop();
      void audio.close();
    };
  }, [client, sessionId, audio]);
  const toggle = (): void => {
    const next = audio === null ? new AudioContext() : null;
    // So that whoever switches it on knows how loud it is.
    if (next !== null) play(next, WARNING);
    setAudio(next);
  };
  return { on: audio !== null, toggle };
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
