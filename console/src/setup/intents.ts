/** What a session is for, which is what a person is asked first, and the usual choices for each. */
import { MORE_GAMES, USUAL_GAMES } from './control-presets.ts';
import { AGENDA, AUCTION, EXAM, INTERVALS, OWN, type Preset, QUIZ, RACE } from './presets.ts';

export interface Intent {
  name: string;
  /** A character that stands for it; it is never drawn as an emoji. */
  sign: string;
  usual: readonly [Preset, ...Preset[]];
  /** What is chosen less often. */
  more: readonly Preset[];
}

const TEXT = '\uFE0E';

/** Rules of one's own, and what this device keeps of them. */
export const OWN_INTENT: Intent = { name: 'Own', sign: '+', usual: [OWN], more: [] };

export const INTENTS: readonly [Intent, ...Intent[]] = [
  { name: 'Game', sign: `♟${TEXT}`, usual: USUAL_GAMES, more: MORE_GAMES },
  { name: 'Agenda', sign: '▤', usual: AGENDA, more: [] },
  { name: 'Exam', sign: `✎${TEXT}`, usual: EXAM, more: [] },
  { name: 'Auction', sign: `⚑${TEXT}`, usual: AUCTION, more: [] },
  { name: 'Quiz', sign: '?', usual: QUIZ, more: [] },
  { name: 'Intervals', sign: '↻', usual: INTERVALS, more: [] },
  { name: 'Race', sign: '◷', usual: RACE, more: [] },
  OWN_INTENT,
];
