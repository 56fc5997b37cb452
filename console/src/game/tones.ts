/** The sounds of the page, made of plain tones. */
import type { SoundName } from '../wishes.ts';

interface Tone {
  /** Seconds after the sound begins. */
  at: number;
  /** Seconds. */
  lasts: number;
  /** Hertz. */
  pitch: number;
}

const TONES: Record<SoundName, readonly Tone[]> = {
  move: [{ at: 0, lasts: 0.05, pitch: 330 }],
  warning: [{ at: 0, lasts: 0.12, pitch: 880 }],
  last: [{ at: 0, lasts: 0.06, pitch: 660 }],
  up: [0, 0.22, 0.44].map((at) => ({ at, lasts: 0.18, pitch: 587 })),
  // After the three of the end of the time.
  sold: [
    { at: 0.7, lasts: 0.12, pitch: 784 },
    { at: 0.84, lasts: 0.3, pitch: 1_047 },
  ],
};
/** Of full scale, at full volume. */
const LOUDEST = 0.42;

/** Plays a sound; `volume` is 0 to 1. */
export function play(audio: AudioContext, name: SoundName, volume: number): void {
  for (const { at, lasts, pitch } of TONES[name]) {
    const begin = audio.currentTime + at;
    const gain = new GainNode(audio, { gain: 0 });
    // Faded in and out, since a sudden edge clicks.
    gain.gain.setValueAtTime(0, begin);
    gain.gain.linearRampToValueAtTime(LOUDEST * volume, begin + 0.01);
    gain.gain.linearRampToValueAtTime(0, begin + lasts);
    const tone = new OscillatorNode(audio, { frequency: pitch });
    tone.connect(gain).connect(audio.destination);
    tone.start(begin);
    tone.stop(begin + lasts);
  }
}
