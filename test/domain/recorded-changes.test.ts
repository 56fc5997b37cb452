import { expect } from 'chai';
import fc from 'fast-check';
import type { JsonObject, SessionState } from '#contract';
import { canonicalJson } from '../../server/domain/canonical.ts';
import { afterChanges, readChanges, recordedChanges } from '../../server/domain/recorded-changes.ts';
import { NewerSchemaError } from '../../server/domain/schema.ts';
import { randomStates } from '../kit/random-states.ts';
import { Match, SECOND } from '../timing/match.ts';

describe('what an event changed, as the trail keeps it', () => {
  const textOf = (before: object, after: object) => JSON.stringify(recordedChanges(before as SessionState, after as SessionState));
  const follow = (before: object, text: string) => afterChanges(before as JsonObject, readChanges(text)) as object as SessionState;

  it('TR-1 changes lead from a state to exactly the next one, whatever fields and entries came, went, moved or became null', () => {
    fc.assert(
      fc.property(randomStates, ([before, after]) => {
        const untouched = canonicalJson(before);
        expect(canonicalJson(follow(before, textOf(before, after)))).to.equal(canonicalJson(after));
        expect(canonicalJson(before)).to.equal(untouched);
      }),
      { numRuns: 500 },
    );
  });

  it('TR-1 entries of which nothing is new stay the same objects', () => {
    const { events } = Match.started({ sync_mode: 'per_participant', participants: crowd(5) }).switch(SECOND);
    const [before, after] = events.slice(-2).map(({ state }) => state) as [SessionState, SessionState];
    const followed = follow(before, textOf(before, after));
    expect(followed.participants.map((one, index) => one === before.participants[index])).to.deep.equal([false, false, true, true, true]);
  });

  it('TR-2 what everybody, or the members of a group, have left is told once, and of clocks that run on by how much it fell', () => {
    const played = (game: ConstructorParameters<typeof Match>[0]) => {
      const { events } = Match.started(game)
        .switch(SECOND)
        .switch(3 * SECOND);
      const [before, after] = events.slice(-2).map(({ state }) => state) as [SessionState, SessionState];
      expect(canonicalJson(follow(before, textOf(before, after)))).to.equal(canonicalJson(after));
      return textOf(before, after).length;
    };
    const participants = crowd(1_000);
    expect(played({ sync_mode: 'per_participant', participants })).to.be.below(700);
    expect(played({ sync_mode: 'global', participants, total_time_ms: 60_000 })).to.be.below(700);
    expect(played({ sync_mode: 'count_up', participants, max_time_ms: 60_000 })).to.be.below(700);
    const teams = participants.map(({ participant_id, total_time_ms }, index) => ({
      participant_id,
      total_time_ms,
      group_id: index % 2 === 0 ? 'red' : 'blue',
    }));
    expect(played({ sync_mode: 'per_group', participants: teams })).to.be.below(900);

    const running = (left: number, index: number) => ({ participant_id: `p${index}`, is_active: index % 7 !== 0, time_remaining_ms: left });
    const before = { participants: Array.from({ length: 1_000 }, (_, index) => running(90_000 + index, index)) };
    const after = {
      participants: before.participants.map((one) => (one.is_active ? { ...one, time_remaining_ms: one.time_remaining_ms - 250 } : one)),
    };
    expect(textOf(before, after)).to.equal('{"form":1,"changes":{},"left":{"running":-250}}');
    expect(follow(before, textOf(before, after))).to.deep.equal(after);
  });

  it('TR-3 a form that only a newer version knows is left alone, and what is no changes is refused', () => {
    expect(() => readChanges('{"form":2,"changes":{}}')).to.throw(NewerSchemaError);
    for (const text of ['null', '[]', '7', '{"changes":{}}']) expect(() => readChanges(text), text).to.throw(TypeError);
  });

  function crowd(count: number): { participant_id: string; total_time_ms: number }[] {
    return Array.from({ length: count }, (_, index) => ({ participant_id: `participant-${index}`, total_time_ms: 60_000 }));
  }
});
