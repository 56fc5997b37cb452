/** What a person can set up with one tap. */
import type { Draft, Row } from './draft.ts';

export interface Preset {
  name: string;
  /** Its time in the notation that is usual for it. */
  label: string;
  description: string;
  draft: Draft;
}

/** A row of the set-up form: a participant, a team with its members, or an item. */
export const row = (label: string, time = '', members = ''): Row => ({ label, name: '', time, members });

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

export const players: Row[] = [row('White'), row('Black')];

export const PRESETS: readonly [Preset, ...Preset[]] = [
  {
    name: 'Chess',
    label: '5 + 3',
    description: 'Five minutes each, three seconds back per move',
    draft: { ...plain, preset: 'chess', title: 'Chess 5 + 3', mode: 'per_participant', rows: players, time: '5:00', increment: '3 s' },
  },
  {
    name: 'Rapid',
    label: '10 + 5',
    description: 'Ten minutes each, five seconds back per move',
    draft: { ...plain, preset: 'rapid', title: 'Rapid 10 + 5', mode: 'per_participant', rows: players, time: '10:00', increment: '5 s' },
  },
  {
    name: 'Team match',
    label: '2 × 30',
    description: 'Half an hour for each team, whose members take turns',
    draft: {
      ...plain,
      preset: 'team',
      title: 'Team match',
      mode: 'per_group',
      rows: [row('Red', '', 'Rita, Rob'), row('Blue', '', 'Bea, Bill')],
      time: '30:00',
    },
  },
  {
    name: 'Auction',
    label: '3 × 1:00',
    description: 'A bid in the last ten seconds leaves ten more; amounts, going once, sold, next lot',
    draft: {
      ...plain,
      preset: 'lots',
      title: 'Auction',
      mode: 'per_cycle',
      rows: [row('Lot 1'), row('Lot 2'), row('Lot 3')],
      rounds: '',
      people: 'Paddle 1\nPaddle 2\nPaddle 3\nPhone\nOnline',
      time: '1:00',
      softClose: '10 s',
      warnings: '10 s, 5 s',
      autoAdvance: true,
    },
  },
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
  {
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
  },
  {
    name: 'Quiz question',
    label: '0:20',
    description: 'Twenty seconds a question, then it is the next team’s',
    draft: {
      ...plain,
      preset: 'turns',
      title: 'Quiz',
      mode: 'per_cycle',
      rows: [row('Team 1'), row('Team 2'), row('Team 3')],
      time: '20 s',
      warnings: '4 s, 2 s',
      onTimeout: 'skip_cycle',
      autoAdvance: true,
    },
  },
  {
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
  },
  {
    name: 'Countdown',
    label: '90 min',
    description: 'One countdown for the room: a workshop, a hackathon',
    draft: { ...plain, preset: 'countdown', title: 'Countdown', mode: 'global', time: '1:30:00', warnings: '15 min, 5 min, 1 min' },
  },
  {
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
  },
  {
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
  },
  {
    name: 'Race',
    label: '0.00',
    description: 'All start at once; each has a time and a place of their own',
    draft: {
      ...plain,
      preset: 'race',
      title: 'Race',
      mode: 'count_up',
      together: true,
      rows: ['Lane 1', 'Lane 2', 'Lane 3', 'Lane 4'].map((label) => row(label)),
      time: '',
      warnings: '',
    },
  },
  {
    name: 'Stopwatch',
    label: '0.0',
    description: 'Counts up and takes laps',
    draft: { ...plain, preset: 'stopwatch', title: 'Stopwatch', mode: 'count_up', time: '', warnings: '' },
  },
  {
    name: 'Own rules',
    label: '?:??',
    description: 'Any mode, any field',
    draft: { ...plain, preset: 'own', title: 'Game', mode: 'per_participant', rows: [row('Player 1'), row('Player 2')], time: '5:00' },
  },
];
