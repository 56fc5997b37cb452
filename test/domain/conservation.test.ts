import { expect } from 'chai';
import fc from 'fast-check';
import type { SessionState } from '#contract';
import { decide, type TimerCommand } from '../../server/domain/decide.ts';
import { at, MINUTE, setUp } from './steps.ts';

const NAMES = ['ann', 'bob', 'cem'];
const BANK = 1_000 * MINUTE;

const someone = fc.constantFrom(...NAMES);
const command: fc.Arbitrary<TimerCommand> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant('switch' as const), next_participant_id: fc.option(someone, { nil: undefined }) }),
  },
  { weight: 2, arbitrary: fc.constant({ type: 'start' as const }) },
  { weight: 2, arbitrary: fc.constant({ type: 'pause' as const }) },
  { weight: 2, arbitrary: fc.constant({ type: 'resume' as const }) },
  { weight: 1, arbitrary: fc.constantFrom({ type: 'complete' as const }, { type: 'cancel' as const }) },
);
const steps = fc.array(fc.record({ wait: fc.integer({ min: 0, max: 10_000 }), command }), { maxLength: 60 });

/** The slow, obvious clock: who runs, what each has, what each used. */
class Ledger {
  running = false;
  active: string | null = null;
  readonly left = new Map(NAMES.map((name) => [name, BANK]));
  readonly used = new Map(NAMES.map((name) => [name, 0]));
  given = NAMES.length * BANK;

  pass(ms: number): void {
    if (!this.running || this.active === null) return;
    this.left.set(this.active, (this.left.get(this.active) ?? 0) - ms);
    this.used.set(this.active, (this.used.get(this.active) ?? 0) + ms);
  }

  earn(increment: number, cap: number): void {
    if (this.active === null) return;
    const bank = this.left.get(this.active) ?? 0;
    const earned = Math.min(increment, cap - bank);
    this.left.set(this.active, bank + earned);
    this.given += earned;
  }
}

function total(state: SessionState): number {
  return state.participants.reduce((sum, { time_used_ms, time_remaining_ms }) => sum + time_used_ms + (time_remaining_ms ?? 0), 0);
}

describe('conservation of time', () => {
  it('T-30 what was charged plus what is left equals what was given plus the increments, to the millisecond', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 0, max: 60_000 }), fc.integer({ min: 0, max: 90_000 }), (moves, increment, room) => {
        const cap = BANK + room;
        let state = setUp({
          participants: NAMES.map((participant_id) => ({ participant_id, total_time_ms: BANK })),
          increment_ms: increment,
          max_time_ms: cap,
        });
        const ledger = new Ledger();
        let now = 0;
        for (const { wait, command: next } of moves) {
          now += wait;
          const decision = decide(state, next, Date.parse(at(now)));
          ledger.pass(wait);
          if (!decision.ok) continue;
          expect(decision.event.state.version).to.equal(state.version + 1);
          state = decision.event.state;
          if (next.type === 'switch') ledger.earn(increment, cap);
          ledger.running = state.status === 'running';
          ledger.active = state.active_participant_id;
          expect(total(state)).to.equal(ledger.given);
          for (const { participant_id, time_used_ms, time_remaining_ms, total_time_ms } of state.participants) {
            expect(time_used_ms).to.equal(ledger.used.get(participant_id));
            expect(time_remaining_ms).to.equal(ledger.left.get(participant_id));
            expect(total_time_ms).to.equal(time_remaining_ms);
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});
