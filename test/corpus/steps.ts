/**
 * What happens in a sequence, drawn before it is played: so that another behaviour of one step does not make another
 * sequence of the rest.
 */
import type { Dice } from './dice.ts';

/** How long nobody does anything, in ms or up to around an instant that only the game knows. */
export type Wait =
  | { ms: number }
  /** Up to so many ms after the running clock runs out; `cycles` of the same length later. */
  | { afterDeadline: number; cycles: number }
  /** Up to so many ms after a warning. */
  | { afterWarning: number; nth: number }
  /** Up to so many ms after a running session ends for want of anybody. */
  | { afterIdle: number };

/** A command or an event outside. Participants and groups are named by number: `STRANGER` is nobody. */
export type Wish =
  | { type: 'switch'; guard: number | 'active' | undefined; next: number | undefined; deltas: boolean | undefined }
  | { type: 'adjust'; owner: 'right' | 'none' | 'participant' | 'group' | 'both'; who: number; change: Change; reason: string | undefined }
  | { type: 'start'; who: number | undefined }
  | { type: 'cancel'; reason: string | undefined }
  | { type: 'pause' | 'resume' | 'complete' | 'delete' | 'get' | 'create' }
  | { type: 'join'; known: 'none' | 'version' | 'epoch' | 'ahead' }
  | { type: 'history'; after: number; limit: number; types: string[] | undefined; ofIncarnation: boolean }
  | { type: 'message'; message: string }
  | { type: 'nonsense'; which: number }
  /** An alarm rings, or the sweep finds the session. */
  | { type: 'attend' }
  /** No instance runs for a while. */
  | { type: 'outage'; from: number; ms: number }
  /** Redis loses everything, with so many events that had not left the outbox. */
  | { type: 'lose'; events: number }
  /** Redis comes back without its last commits, of which the outbox has lost so many events. */
  | { type: 'restart'; versions: number; events: number };

/** By how much an adjustment changes a clock, or what it leaves on it. */
export type Change = { delta: number } | { leave: number };

export interface Step {
  wait: Wait;
  /** Which instance is asked, and by how many ms its clock is wrong. */
  on: number;
  error: number;
  /** How many ms pass between the arrival of the command and the answer of Redis. */
  lag: number;
  wish: Wish;
  /** Whether a command that the status forbids is replaced by one that goes on with the game. */
  isApt: boolean;
  expects: 'none' | 'right' | 'older' | 'newer';
  key: 'none' | 'new' | 'again' | 'clash';
  /** What another instance does before this one is done. */
  meanwhile: Wish | undefined;
  /** Whether its publication does not reach the other instance, and whether a client misses its update. */
  isUnheard: boolean;
  isMissed: boolean;
  /** Who sends it, where users are asked who they are. */
  sender: number;
}

export const STRANGER = 20;
export const NONSENSE = 13;
const DAY = 86_400_000;
const REASONS = [undefined, undefined, 'late', 'ü “quoted” \\ \n', ''];
const EDGES = [-1, 0, 1, 0.5, 19, 20, 21, 40];

/** The steps of a sequence, of which nearly each first is a start. */
export function drawSteps(dice: Dice): Step[] {
  const count = dice.weighted<number>([
    [4, dice.integer(3, 5)],
    [4, dice.integer(5, 9)],
    [1, dice.integer(10, 18)],
  ]);
  const steps = Array.from({ length: count }, () => drawStep(dice));
  const start = steps[dice.chance(0.85) ? 0 : 1];
  if (start !== undefined) Object.assign(start, { wish: { type: 'start', who: someone(dice) }, expects: 'none' } satisfies Partial<Step>);
  return steps;
}

function drawStep(dice: Dice): Step {
  const meanwhile = dice.chance(0.06) ? drawWish(dice) : undefined;
  return {
    wait: drawWait(dice),
    on: dice.integer(0, 1),
    error: dice.weighted([
      [40, 0],
      [2, 0.375],
      [1, 30],
      [1, -30],
      [1, 60],
      [0.5, -2_990],
      [0.3, 900],
    ]),
    lag: dice.weighted([
      [10, 0],
      [10, 0.625],
      [5, 3],
      [3, 20],
      [3, 21],
      [1, 450],
      [0.4, 3_200],
    ]),
    wish: drawWish(dice),
    isApt: dice.chance(0.85),
    expects: dice.weighted([
      [12, 'none'],
      [2, 'right'],
      [0.6, 'older'],
      [0.4, 'newer'],
    ]),
    key: dice.weighted([
      [10, 'none'],
      [3, 'new'],
      [1, 'again'],
      [0.4, 'clash'],
    ]),
    meanwhile: meanwhile?.type === 'outage' ? undefined : meanwhile,
    isUnheard: dice.chance(0.2),
    isMissed: dice.chance(0.08),
    sender: dice.weighted([
      [10, 0],
      [0.7, 1],
      [0.7, 2],
      [0.7, 3],
      [0.5, 4],
      [0.3, 5],
      [0.3, 6],
    ]),
  };
}

function drawWait(dice: Dice): Wait {
  return dice.weighted<Wait>([
    [5, { ms: 0 }],
    [12, { ms: dice.integer(1, 400) }],
    [4, { ms: dice.integer(1, 4_000) / 8 }],
    [4, { ms: dice.integer(400, 5_000) }],
    [1, { ms: dice.integer(60_000, 4_000_000) }],
    [0.4, { ms: dice.pick([DAY, 3 * DAY, 31 * DAY, 800 * DAY]) }],
    [6, { afterDeadline: dice.pick(EDGES), cycles: 0 }],
    [1.2, { afterDeadline: dice.pick(EDGES), cycles: dice.integer(1, 4) }],
    [0.25, { afterDeadline: dice.integer(0, 500), cycles: dice.pick([9, 10, 11, 30, 120]) }],
    [0.02, { afterDeadline: 7, cycles: 330 }],
    [3, { afterWarning: dice.pick([-1, 0, 1, 0.5]), nth: dice.integer(0, 3) }],
    [0.5, { afterIdle: dice.pick([-1, 0, 20, 21]) }],
  ]);
}

function someone(dice: Dice): number | undefined {
  return dice.chance(0.6) ? undefined : dice.integer(0, STRANGER);
}

function drawWish(dice: Dice): Wish {
  const type = dice.weighted<Wish['type']>([
    [40, 'switch'],
    [14, 'adjust'],
    [2, 'start'],
    [6, 'pause'],
    [3, 'resume'],
    [1, 'complete'],
    [1, 'cancel'],
    [1.5, 'delete'],
    [4, 'get'],
    [1, 'create'],
    [2, 'join'],
    [1, 'history'],
    [1, 'message'],
    [1.5, 'nonsense'],
    [8, 'attend'],
    [2.5, 'outage'],
    [1.2, 'lose'],
    [1.5, 'restart'],
  ]);
  switch (type) {
    case 'switch': {
      const guard = dice.weighted<number | 'active' | undefined>([
        [5, undefined],
        [5, 'active'],
        [1, dice.integer(0, STRANGER)],
      ]);
      return { type, guard, next: someone(dice), deltas: dice.pick([undefined, undefined, false, true, true]) };
    }
    case 'adjust': {
      const owner = dice.weighted<Extract<Wish, { type: 'adjust' }>['owner']>([
        [9, 'right'],
        [1, 'none'],
        [1, 'participant'],
        [1, 'group'],
        [0.5, 'both'],
      ]);
      return { type, owner, who: dice.integer(0, STRANGER), change: drawChange(dice), reason: dice.pick(REASONS) };
    }
    case 'start':
      return { type, who: someone(dice) };
    case 'cancel':
      return { type, reason: dice.pick(REASONS) };
    case 'join':
      return { type, known: dice.pick(['none', 'version', 'epoch', 'ahead']) };
    case 'history': {
      const types = dice.pick([undefined, undefined, ['cycle_switched'], ['participant_expired', 'session_created']]);
      return { type, after: dice.integer(0, 4), limit: dice.pick([1, 3, 100]), types, ofIncarnation: dice.chance(0.3) };
    }
    case 'message':
      return {
        type,
        message: dice.pick([
          '"hi"',
          'null',
          '{"a":[1,"♞"],"__proto__":1}',
          dice.chance(0.1) ? `"${'x'.repeat(dice.integer(4_094, 4_095))}"` : '[]',
        ]),
      };
    case 'nonsense':
      return { type, which: dice.integer(0, NONSENSE - 1) };
    case 'outage':
      return { type, from: dice.pick([-500, 0, 1, 700]), ms: dice.pick([3_001, 4_000, 60_000, 2 * DAY]) };
    case 'lose':
      return { type, events: dice.pick([0, 0, 1, 2]) };
    case 'restart':
      return { type, versions: dice.pick([0, 1, 1, 2]), events: dice.integer(0, 1) };
    default:
      return { type };
  }
}

function drawChange(dice: Dice): Change {
  return dice.weighted<Change>([
    [6, { delta: dice.integer(-1_500, 1_500) }],
    [1, { delta: dice.pick([0, 60_000, -60_000, DAY, -DAY, DAY + 1, 0.5]) }],
    [4, { leave: dice.pick([0, 1, 2, 30, 500, DAY, DAY + 1, -1]) }],
  ]);
}
