/** Games of players who take turns, as those who play them call and write their clocks. */
import type { Draft, Row } from './draft.ts';
import { plain, type Preset, row } from './presets.ts';

const players: Row[] = [row('White'), row('Black')];
const seated = [row('First player'), row('Second player')];
const stones = [row('Black'), row('White')];
const seats = ['Seat 1', 'Seat 2', 'Seat 3', 'Seat 4'].map((label) => row(label));

/** A preset for players who take turns by a time control. */
function game(name: string, label: string, control: string, description: string, rows: Row[] = players, more: Partial<Draft> = {}): Preset {
  const preset = name.toLowerCase().replaceAll(' ', '-');
  return {
    name,
    label,
    description,
    draft: { ...plain, preset, title: `${name} ${label}`, mode: 'per_participant', rows, time: '', control, ...more },
  };
}

/** A preset for players who have a bank and get something back with each move. */
const bank = (name: string, label: string, description: string, time: string, increment: string): Preset =>
  game(name, label, '', description, players, { control: null, time, increment });

/** At zero it is told, and every minute after it costs points. */
const OVERTIME = { overtime: '10:00', warnings: '5 min, 1 min, 0 s, -5 min' };

/** What most games are played by. */
export const USUAL_GAMES: readonly [Preset, ...Preset[]] = [
  bank('Chess', '5 + 3', 'Five minutes each, three seconds back per move', '5:00', '3 s'),
  bank('Rapid', '10 + 5', 'Ten minutes each, five seconds back per move', '10:00', '5 s'),
  game('Classical', '90 + 30', '40/90+30:30+30', 'Ninety minutes for 40 moves, then thirty more, with 30 s a move'),
  game('Delay', '5 d5', '5 d5', 'Five minutes each; the first five seconds of a move are free'),
  game('Byo-yomi', '10 + 5 × 30', '10 5x30 byo-yomi', 'Ten minutes, then five periods of 30 s', stones),
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
];

export const MORE_GAMES: readonly Preset[] = [
  game('Three stages', '40/2h', '40/2h:20/1h:15+30', 'Two hours for 40 moves, one for 20, then 15 minutes and 30 s a move'),
  game('Bronstein', '5 b5', '5 b5', 'Five minutes each; up to five seconds of a move come back'),
  game('Canadian', '10 + 15/5', '10 15/5 canadian', 'Ten minutes, then five for each 15 stones', stones),
  game('Hourglass', '5 ⇄ 5', '*5', 'What one uses the other gets'),
  {
    name: 'Scrabble',
    label: '25:00 and over',
    description: '25 minutes each; below zero it goes on for ten more, which cost points',
    draft: { ...plain, preset: 'scrabble', title: 'Scrabble', mode: 'per_participant', rows: seated, time: '25:00', ...OVERTIME },
  },
  game('Poker bank', '20 s + bank', '15s+5/10 d20', '20 s a decision, then a bank of 15 s, with 5 s more every ten', seats, {
    onTimeout: 'skip_cycle',
    autoAdvance: true,
    warnings: '3 s, 1 s',
  }),
  game('Backgammon', '15 d12', '15 d12', 'A quarter of an hour; the first 12 s of a move are free'),
];
