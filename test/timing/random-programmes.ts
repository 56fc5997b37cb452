import fc from 'fast-check';
import type { ItemInput } from '#contract';
import { type CycleGuard, randomGame, scheduling, SEATS, type Step, stepsOf, STRANGER, type Wish, wish } from './random-games.ts';
import type { Payload } from './reference-seats.ts';

const item = fc.record({
  time: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
  who: fc.option(fc.nat({ max: SEATS.length - 1 }), { nil: undefined }),
  auto: fc.constantFrom(undefined, undefined, true, true, false),
  named: fc.boolean(),
});

const drawn = fc.record({
  game: randomGame('per_cycle'),
  list: fc.array(item, { minLength: 1, maxLength: 6 }),
  rounds: fc.constantFrom(undefined, 1, 2, 5),
  edits: fc.boolean(),
});

/**
 * Random programmes. Whoever may edit one may take nothing back: what becomes of both together, examples tell
 * (programme-edit.test.ts).
 */
export const randomProgramme: fc.Arbitrary<Payload> = drawn.map(programmeOf);

function programmeOf({ game, list, rounds, edits }: typeof drawn extends fc.Arbitrary<infer Drawn> ? Drawn : never): Payload {
  const { active_participant_id: _first, active_group_id: _group, max_cycles: _last, undo_depth, ...rest } = game;
  const seats = game.participants ?? [];
  const items = list.map(({ time: time_ms, who, auto: auto_advance, named }, place): ItemInput => {
    const participant_id = who === undefined ? undefined : seats[who % seats.length]?.participant_id;
    const given = { ...(named ? { item_id: `line-${place}`, title: `Line ${place}` } : {}), time_ms, participant_id, auto_advance };
    // As it comes over the wire: without fields that are undefined.
    return JSON.parse(JSON.stringify(given)) as ItemInput;
  });
  return { ...rest, items, ...(rounds === undefined ? {} : { rounds }), ...(edits || undo_depth === undefined ? {} : { undo_depth }) };
}

const edit: fc.Arbitrary<Wish> = fc.record({
  type: fc.constant('edit' as const),
  without: fc.array(fc.nat({ max: 6 }), { maxLength: 2 }),
  more: fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 2 }),
  swap: fc.boolean(),
  rename: fc.boolean(),
});

const jump: fc.Arbitrary<Wish> = fc.record({
  type: fc.constant('switch' as const),
  guard: fc.constantFrom(undefined, 'active' as const),
  next: fc.oneof({ weight: 15, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.constant(0) }),
  cycle: fc.constantFrom<CycleGuard[]>(undefined, undefined, undefined, 'present', 'former'),
  item: fc.option(fc.oneof({ weight: 15, arbitrary: fc.nat({ max: 9 }) }, { weight: 1, arbitrary: fc.constant(STRANGER) }), {
    nil: undefined,
  }),
});

const begins = (who: number | undefined): fc.Arbitrary<Wish> => fc.constant({ type: 'start', who });

/** Steps of a programme, with edits only where nothing can be taken back. */
export function programmeSteps({ undo_depth }: Payload): fc.Arbitrary<Step[]> {
  const others = wish.filter(({ type }) => type !== 'switch' && (type !== 'undo' || undo_depth !== undefined));
  const edits = undo_depth === undefined ? [{ weight: 2, arbitrary: edit }] : [];
  return stepsOf(
    fc.oneof({ weight: 5, arbitrary: jump }, { weight: 4, arbitrary: others }, ...edits),
    fc.oneof({ weight: 12, arbitrary: begins(undefined) }, { weight: 1, arbitrary: begins(0) }, { weight: 3, arbitrary: scheduling }),
  );
}
