import type { Side } from './stage.ts';
import { median, type Spread, spreadOf } from './statistics.ts';

/** One line of the table. */
export interface Measure {
  name: string;
  unit: string;
  /** Medians over the rounds. */
  service: number;
  control: number | null;
  /** Service over control, round by round; null where only the service has the number. */
  ratio: Spread | null;
  /** The target in words; null where there is none. */
  target: string | null;
  met: boolean | null;
}

/** How often and how long to measure. */
export interface Plan {
  /** Each gives one ratio; their spread shows the noise. */
  rounds: number;
  /** Turns of each side within a round. */
  turns: number;
}

/** The service is to have at most, or at least, `ratio` times what the control has. */
export interface RatioTarget {
  ratio: number;
  sense: 'at most' | 'at least';
}

/**
 * Lets the two sides take turns, A B B A, so that other load of the machine hits both alike. Returns the turns of each
 * round.
 */
export async function takeTurns<Turn>(
  plan: Plan,
  turn: (side: Side) => Promise<Turn>,
  progress: (line: string) => void,
): Promise<Record<Side, Turn[]>[]> {
  const rounds: Record<Side, Turn[]>[] = [];
  for (let round = 0; round < plan.rounds; round++) {
    const turns: Record<Side, Turn[]> = { service: [], control: [] };
    for (let index = 0; index < plan.turns; index++) {
      const order: Side[] = (round + index) % 2 === 0 ? ['service', 'control'] : ['control', 'service'];
      for (const side of order) turns[side].push(await turn(side));
    }
    rounds.push(turns);
    progress(`round ${round + 1} of ${plan.rounds}`);
  }
  return rounds;
}

/**
 * One number of both sides in every round, as a line of the table. The ratio is the median of the rounds' ratios: a
 * ratio of two sums would include noise that hit one side only.
 */
export function compare<Turn>(
  name: string,
  unit: string,
  rounds: Record<Side, Turn[]>[],
  number: (turns: Turn[]) => number,
  target?: RatioTarget,
): Measure {
  const service = rounds.map((round) => number(round.service));
  const control = rounds.map((round) => number(round.control));
  const ratio = spreadOf(service.map((value, round) => value / (control[round] ?? Number.NaN)));
  const base = { name, unit, service: median(service), control: median(control), ratio };
  if (target === undefined) return { ...base, target: null, met: null };
  const met = target.sense === 'at most' ? ratio.median <= target.ratio : ratio.median >= target.ratio;
  return { ...base, target: `${target.sense === 'at most' ? '≤' : '≥'} ${target.ratio}×`, met };
}

/** A line whose number for the service must not exceed a bound, whatever the control has. */
export function bounded(measure: Measure, most: number): Measure {
  const { unit, service } = measure;
  return { ...measure, target: `${most === 0 ? '' : '≤ '}${most}${unit === '' ? '' : ` ${unit}`}`, met: service <= most };
}

/** A number without a target, measured once. */
export function noted(name: string, unit: string, service: number, control: number | null = null): Measure {
  return { name, unit, service, control, ratio: control === null ? null : spreadOf([service / control]), target: null, met: null };
}
