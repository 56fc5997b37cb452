import fc from 'fast-check';
import type { JsonObject, JsonValue } from '#contract';

/** Names of entries; an id may be anything that the contract allows. */
const IDS = ['ann', 'bob', '__proto__', 'constructor', '1', '0'];

const value: fc.Arbitrary<JsonValue> = fc.oneof(
  fc.constantFrom<JsonValue>(null, true, 0, 'é', '\u0000', [], {}),
  fc.jsonValue({ maxDepth: 2 }).map((drawn) => JSON.parse(JSON.stringify(drawn)) as JsonValue),
);

/** Fields that an entry or a state may have or not, of names that do not follow from others. */
const fields = fc.dictionary(fc.constantFrom('answer', 'finished_at', 'clock', 'metadata', 'note'), value, { maxKeys: 5 });

function listOf(id: string, more: fc.Arbitrary<JsonObject>): fc.Arbitrary<JsonObject[]> {
  return fc
    .shuffledSubarray(IDS)
    .chain((ids) => fc.tuple(...ids.map((name) => fc.tuple(fields, more).map(([free, own]) => Object.assign({ [id]: name }, free, own)))));
}

const isActive = fc.record({ is_active: fc.boolean() });
const participant = fc.record({
  is_active: fc.boolean(),
  group_id: fc.constantFrom(null, 'red', 'blue'),
  // Often the same for several, so that all ways to tell it are taken.
  time_remaining_ms: fc.oneof(fc.constantFrom(null, 0, 500, 500, 700), fc.integer({ min: -1_000, max: 1_000 })),
});

/** A state as far as the form of changes looks into it: free fields, and lists of entries with ids. */
const randomState: fc.Arbitrary<JsonObject> = fc
  .tuple(fields, listOf('participant_id', participant), listOf('group_id', isActive), fc.option(listOf('item_id', fc.constant({}))))
  .map(([free, participants, groups, items]) => Object.assign({}, free, { participants, groups }, items === null ? {} : { items }));

/** Two states that have much in common: of the first one entries are kept, changed, moved, taken out and put in. */
export const randomStates: fc.Arbitrary<[before: JsonObject, after: JsonObject]> = fc
  .tuple(randomState, randomState, fc.infiniteStream(fc.nat({ max: 3 })), fc.integer({ min: -3, max: 3 }))
  .map(([before, other, coins, shift]) => {
    const after: JsonObject = { ...other };
    for (const [name, id] of [
      ['participants', 'participant_id'],
      ['groups', 'group_id'],
      ['items', 'item_id'],
    ] as const) {
      const [was, is] = [before[name], other[name]] as (JsonObject[] | undefined)[];
      if (was === undefined || is === undefined) continue;
      const toss = () => coins.next().value as number;
      const known = new Map(was.map((one) => [one[id], one]));
      const inOrder = toss() > 0 ? was.filter((one) => is.some((two) => two[id] === one[id])) : [];
      const ids = [...new Set([...inOrder, ...is].map((one) => one[id]))];
      after[name] = ids.map((key) => {
        const [old, one] = [known.get(key), is.find((two) => two[id] === key)];
        const left = old?.['time_remaining_ms'];
        if (old !== undefined && toss() === 0) return old;
        if (typeof left === 'number' && toss() < 2) return Object.assign({}, old, { time_remaining_ms: left + shift });
        return Object.assign({}, one, { [id]: key });
      });
    }
    return [before, after];
  });
