import fc from 'fast-check';
import type { Stage, TimeControl } from '#contract';
import { randomGame } from './random-games.ts';
import type { Payload } from './reference-seats.ts';

/** Sizes in units, so that every size is a multiple of the unit that is drawn. */
const knobs = fc.record({
  unit: fc.constantFrom(undefined, undefined, undefined, 1, 10, 50),
  least: fc.constantFrom(undefined, undefined, 1, 2),
  stages: fc.array(
    fc.record({
      time: fc.integer({ min: 0, max: 400 }),
      turns: fc.integer({ min: 1, max: 4 }),
      end: fc.constantFrom('turns' as const, 'zero' as const),
      increment: fc.option(fc.integer({ min: 1, max: 80 })),
      every: fc.constantFrom(undefined, 1, 2, 3),
      when: fc.constantFrom(undefined, 'after' as const, 'before' as const),
      room: fc.option(fc.integer({ min: 0, max: 200 })),
      delay: fc.option(fc.integer({ min: 1, max: 60 })),
      bronstein: fc.boolean(),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  reserve: fc.constantFrom('none' as const, 'byoyomi' as const, 'canadian' as const),
  part: fc.integer({ min: 1, max: 90 }),
  count: fc.integer({ min: 1, max: 4 }),
  repeats: fc.boolean(),
});

type Knobs = typeof knobs extends fc.Arbitrary<infer Drawn> ? Drawn : never;

/** Random time controls with small times, all of them valid but an hourglass, which is not one clock. */
export const randomControl: fc.Arbitrary<TimeControl> = knobs.map(controlOf);

function controlOf({ unit, least, stages, reserve, part, count, repeats }: Knobs): TimeControl {
  const size = unit ?? 1;
  // The same range of times whatever the unit.
  const sized = (ms: number): number => Math.ceil(ms / size) * size;
  const last = stages.length - 1;
  const control: TimeControl = {
    stages: stages.map((drawn, index) => {
      const stage: Stage = { time_ms: sized(drawn.time) + (index === 0 ? 1_000 : 0) };
      if (index === last ? repeats : drawn.end === 'turns') stage.turns = drawn.turns;
      else if (index < last) stage.at_zero = 'next';
      const kept = index === last ? reserve : 'none';
      if (kept === 'byoyomi') stage.byoyomi = { period_ms: sized(part), periods: count };
      if (kept === 'canadian') stage.canadian = { block_ms: sized(part), turns: count };
      const isBronstein = drawn.bronstein && kept === 'none' && drawn.delay !== null;
      if (drawn.delay !== null) stage.delay_ms = sized(drawn.delay);
      if (isBronstein) stage.delay_type = 'bronstein';
      if (drawn.increment !== null && !isBronstein) {
        stage.increment_ms = sized(drawn.increment);
        if (drawn.every !== undefined) stage.increment_every = drawn.every;
        if (drawn.when !== undefined) stage.increment_when = drawn.when;
        if (drawn.room !== null) stage.max_time_ms = stage.time_ms + sized(drawn.room);
      }
      return stage;
    }),
  };
  if (repeats) control.repeat_last = true;
  if (unit !== undefined) control.charge_unit_ms = unit;
  if (least !== undefined) control.least_charge_ms = least * size;
  return control;
}

/** What happens to a clock; a wait is milliseconds, or until about when it falls. */
export interface Move {
  wait: { ms: number } | { pastFall: number };
  what: 'switch' | 'pause' | 'adjust';
  delta: number;
}

export const randomMoves: fc.Arbitrary<Move[]> = fc.array(
  fc.record({
    wait: fc.oneof(
      { weight: 8, arbitrary: fc.record({ ms: fc.integer({ min: 0, max: 120 }) }) },
      { weight: 3, arbitrary: fc.record({ ms: fc.integer({ min: 0, max: 1_500 }) }) },
      { weight: 2, arbitrary: fc.record({ pastFall: fc.integer({ min: -60, max: 1 }) }) },
      { weight: 2, arbitrary: fc.record({ ms: fc.constant(0) }) },
    ),
    what: fc.constantFrom('switch' as const, 'switch' as const, 'switch' as const, 'pause' as const, 'adjust' as const),
    delta: fc.integer({ min: -12, max: 12 }),
  }),
  { maxLength: 30, size: 'max' },
);

/** An hourglass, or any other control. */
const controlOrHourglass: fc.Arbitrary<TimeControl> = fc.oneof(
  { weight: 4, arbitrary: randomControl },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 1_000, max: 1_300 }).map((time_ms): TimeControl => ({ stages: [{ time_ms }], hourglass: true })),
  },
);

/** Random games of a mode with banks, with a time control instead of them; one of the players may have a handicap. */
export function randomControlGame(sync_mode: 'per_participant' | 'per_group'): fc.Arbitrary<Payload> {
  return fc
    .tuple(randomGame(sync_mode), controlOrHourglass, fc.option(randomControl))
    .map(([game, control, handicap]) => withControl(game, control, handicap));
}

function withControl(banked: Payload, drawn: TimeControl, handicap: TimeControl | null): Payload {
  const { increment_ms: _increment, max_time_ms: _ceiling, total_time_ms: _total, ...game } = banked;
  const [participants, groups] = [game.participants?.map(withoutBank), game.groups?.map(withoutBank)];
  const owners = game.sync_mode === 'per_participant' ? participants : groups;
  const clocks = owners?.length ?? new Set(participants?.map(({ group_id }) => group_id)).size;
  // An hourglass needs two clocks, and all of them.
  const { hourglass, ...alone } = drawn;
  const time_control: TimeControl = hourglass === true && clocks < 2 ? alone : drawn;
  if (owners?.[0] !== undefined && handicap !== null && time_control.hourglass !== true) owners[0].time_control = handicap;
  // What follows main time takes the place of time below zero.
  const hasReserve =
    hourglass === true || [drawn, handicap].some((one) => one?.stages.some(({ byoyomi, canadian }) => byoyomi ?? canadian));
  const overrun_ms = hasReserve ? undefined : game.overrun_ms;
  return { ...game, overrun_ms, time_control, participants, ...(groups === undefined ? {} : { groups }) };
}

function withoutBank<Owner extends { total_time_ms?: number | undefined; time_control?: TimeControl | undefined }>(owner: Owner): Owner {
  const { total_time_ms: _bank, ...rest } = owner;
  return rest as Owner;
}
