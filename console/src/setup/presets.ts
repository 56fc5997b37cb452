/** What a person can set up with one tap, but for games of players who take turns (control-presets.ts). */
import type { Draft, Row } from './draft.ts';

export interface Preset {
  /** No two have the same. */
  name: string;
  /** Its time in the notation that is usual for it. */
  label: string;
  description: string;
  draft: Draft;
}

/** A row of the set-up form: a participant, a team with its members, or an item. */
export const row = (label: string, time = '', members = ''): Row => ({ label, name: '', time, members });

const rowsOf = (labels: readonly string[]): Row[] => labels.map((label) => row(label));

const question = (label: string, name: string, choices: string): Row => ({ ...row(label, '', choices), name });

export const plain: Omit<Draft, 'preset' | 'title' | 'mode' | 'time'> = {
  rows: [],
  control: null,
  increment: '',
  ceiling: '',
  overtime: '',
  warnings: '60 s, 30 s, 10 s',
  onTimeout: '',
  autoAdvance: false,
  undo: '',
  rounds: null,
  startsAt: '',
  outage: 'charge',
  together: false,
  people: null,
  softClose: '',
};

type Presets = readonly [Preset, ...Preset[]];

/** Another preset for the same trade. */
function like({ draft }: Preset, name: string, label: string, description: string, change: Partial<Draft>): Preset {
  return { name, label, description, draft: { ...draft, title: name, ...change } };
}

const meeting: Preset = {
  name: 'Meeting agenda',
  label: '35 min',
  description: 'Items with times of their own, one after the other',
  draft: {
    ...plain,
    preset: 'agenda',
    title: 'Meeting',
    mode: 'per_cycle',
    rows: [row('Welcome', '5:00'), row('Review', '10:00'), row('Plans', '15:00'), row('Questions', '5:00')],
    rounds: '',
    time: '5:00',
    overtime: '15:00',
    autoAdvance: true,
  },
};

export const AGENDA: Presets = [
  meeting,
  like(meeting, 'Talks', '3 × 20 + 5', 'Twenty minutes for each talk, and five for questions', {
    rows: [1, 2, 3].flatMap((number) => [row(`Talk ${number}`, '20:00'), row(`Questions ${number}`, '5:00')]),
    warnings: '5 min, 1 min',
  }),
  like(meeting, 'Stand-up', '5 × 2:00', 'Two minutes for each', {
    rows: rowsOf(['Item 1', 'Item 2', 'Item 3', 'Item 4', 'Item 5']),
    time: '2:00',
    overtime: '5:00',
    warnings: '30 s, 10 s',
  }),
  {
    name: 'Countdown',
    label: '90 min',
    description: 'One countdown for the room: a workshop, a hackathon',
    draft: { ...plain, preset: 'countdown', title: 'Countdown', mode: 'global', time: '1:30:00', warnings: '15 min, 5 min, 1 min' },
  },
];

const exam: Preset = {
  name: 'Exam',
  label: '90 min',
  description: 'A clock for each, or for all and for those with extra time; an outage costs nobody time',
  draft: {
    ...plain,
    preset: 'exam',
    title: 'Exam',
    mode: 'per_participant',
    together: true,
    rows: [row('Everybody'), row('With extra time', '+25 %')],
    time: '1:30:00',
    warnings: '15 min, 5 min, 1 min',
    outage: 'credit',
  },
};

export const EXAM: Presets = [
  exam,
  like(exam, 'Short test', '20 min', 'Twenty minutes', { time: '20:00', warnings: '4 min, 1 min' }),
  like(exam, 'Class test', '45 min', 'A lesson', { time: '45:00', warnings: '9 min, 5 min, 1 min' }),
  like(exam, 'Finals', '3 h', 'Three hours', { time: '3:00:00', warnings: '30 min, 15 min, 5 min' }),
];

const lots: Preset = {
  name: 'Auction',
  label: '3 × 1:00',
  description: 'A bid in the last ten seconds leaves ten more; amounts, going once, sold, next lot',
  draft: {
    ...plain,
    preset: 'lots',
    title: 'Auction',
    mode: 'per_cycle',
    rows: rowsOf(['Lot 1', 'Lot 2', 'Lot 3']),
    rounds: '',
    people: 'Paddle 1\nPaddle 2\nPaddle 3\nPhone\nOnline',
    time: '1:00',
    softClose: '10 s',
    warnings: '10 s, 5 s',
    autoAdvance: true,
  },
};

export const AUCTION: Presets = [
  lots,
  like(lots, 'Quick lots', '5 × 0:30', 'Half a minute a lot; a late bid leaves five seconds', {
    rows: rowsOf(['Lot 1', 'Lot 2', 'Lot 3', 'Lot 4', 'Lot 5']),
    time: '30 s',
    softClose: '5 s',
    warnings: '5 s, 3 s',
  }),
  {
    name: 'Auction lot',
    label: '0:30',
    description: 'Every bid starts thirty seconds anew; silence sells',
    draft: {
      ...plain,
      preset: 'auction',
      title: 'Lot 1',
      mode: 'per_cycle',
      time: '30 s',
      warnings: '6 s, 3 s',
      onTimeout: 'end_session',
    },
  },
];

const quiz: Preset = {
  name: 'Quiz',
  label: '3 × 0:20',
  description: 'All answer at once on their phones; the faster, the more points',
  draft: {
    ...plain,
    preset: 'quiz',
    title: 'Quiz',
    mode: 'per_cycle',
    together: true,
    rows: [
      question('Question 1', 'Capital of Peru?', 'Quito, Lima, La Paz, Bogotá'),
      question('Question 2', '6 × 7?', '36, 42, 48, 67'),
      question('Question 3', 'H₂O?', 'Water, Salt, Air, Gold'),
    ],
    rounds: '',
    people: 'Anna\nBen\nCem',
    time: '20 s',
    warnings: '4 s',
  },
};

export const QUIZ: Presets = [
  quiz,
  like(quiz, 'Slow quiz', '3 × 1:00', 'A minute to think about each question', { time: '1:00', warnings: '10 s' }),
  {
    name: 'Quiz question',
    label: '0:20',
    description: 'Twenty seconds a question, then it is the next team’s',
    draft: {
      ...plain,
      preset: 'turns',
      title: 'Quiz',
      mode: 'per_cycle',
      rows: rowsOf(['Team 1', 'Team 2', 'Team 3']),
      time: '20 s',
      warnings: '4 s, 2 s',
      onTimeout: 'skip_cycle',
      autoAdvance: true,
    },
  },
];

const intervals: Preset = {
  name: 'Intervals',
  label: '8 × 1:00',
  description: 'Work and rest in turns, eight rounds by themselves',
  draft: {
    ...plain,
    preset: 'intervals',
    title: 'Intervals',
    mode: 'per_cycle',
    rows: [row('Work', '40 s'), row('Rest', '20 s')],
    rounds: '8',
    time: '30 s',
    warnings: '3 s, 2 s, 1 s',
    autoAdvance: true,
  },
};

export const INTERVALS: Presets = [
  intervals,
  like(intervals, 'Sprints', '8 × 20 + 10', 'Twenty seconds of work and ten of rest, eight times', {
    rows: [row('Work', '20 s'), row('Rest', '10 s')],
  }),
  like(intervals, 'Rounds', '3 × 3 + 1', 'Three minutes in the ring and one in the corner, three times', {
    rows: [row('Round', '3:00'), row('Corner', '1:00')],
    rounds: '3',
  }),
  like(intervals, 'Focus', '4 × 25 + 5', 'Twenty-five minutes of work and five of rest, four times', {
    rows: [row('Work', '25:00'), row('Rest', '5:00')],
    rounds: '4',
  }),
];

const race: Preset = {
  name: 'Race',
  label: '4 lanes',
  description: 'All start at once; each has a time and a place of their own',
  draft: {
    ...plain,
    preset: 'race',
    title: 'Race',
    mode: 'count_up',
    together: true,
    rows: rowsOf(['Lane 1', 'Lane 2', 'Lane 3', 'Lane 4']),
    time: '',
    warnings: '',
  },
};

export const RACE: Presets = [
  race,
  like(race, 'Duel', '2 lanes', 'Two side by side', { rows: rowsOf(['Lane 1', 'Lane 2']) }),
  like(race, 'Heat', '8 lanes', 'Eight lanes of a track or a pool', {
    rows: rowsOf([1, 2, 3, 4, 5, 6, 7, 8].map((number) => `Lane ${number}`)),
  }),
  {
    name: 'Stopwatch',
    label: '0.0',
    description: 'Counts up and takes laps',
    draft: { ...plain, preset: 'stopwatch', title: 'Stopwatch', mode: 'count_up', time: '', warnings: '' },
  },
];

export const OWN: Preset = {
  name: 'Own rules',
  label: '?:??',
  description: 'Any mode, any field',
  draft: { ...plain, preset: 'own', title: 'Game', mode: 'per_participant', rows: rowsOf(['Player 1', 'Player 2']), time: '5:00' },
};
