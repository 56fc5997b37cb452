import { expect } from 'chai';
import type { CreatePayload } from '#contract';
import { at, banks, MINUTE, setUp, tryToSetUp } from './steps.ts';

const seat = (participant_id: string, more: object = {}) => ({ participant_id, total_time_ms: MINUTE, ...more });

/** The fields at fault of a create that must be refused. */
function faults(change: Partial<CreatePayload>): string[] {
  const decision = tryToSetUp(change);
  if (decision.ok) throw new Error('was not refused');
  expect(decision.code).to.equal('VALIDATION_ERROR');
  return (decision.details as { field: string }[]).map(({ field }) => field);
}

describe('a new game', () => {
  it('T-1 a new session is pending at version 1, nobody is active, and no clock runs', () => {
    const state = setUp();
    expect(state).to.include({ status: 'pending', version: 1, cycle_started_at: null, deadline_at: null, active_participant_id: null });
    expect(state).to.include({
      session_started_at: null,
      session_completed_at: null,
      created_at: at(0),
      updated_at: at(0),
      cycle_count: 0,
    });
    expect(state.participants.map(({ is_active }) => is_active)).to.deep.equal([false, false]);
    expect(banks(state)).to.deep.equal({ white: 5 * MINUTE, black: 5 * MINUTE });
  });

  it('T-1 the epoch of a new session is the instant of its creation', () => {
    expect(setUp().epoch).to.equal(Date.parse(at(0)));
  });

  it('T-2 a field that create leaves out has its default', () => {
    expect(setUp()).to.deep.include({
      increment_ms: 0,
      max_time_ms: null,
      total_time_ms: null,
      time_per_cycle_ms: null,
      action_on_timeout: null,
      auto_advance: false,
      outage_policy: 'charge',
      warning_thresholds_ms: [10_000, 5_000, 1_000],
      groups: [],
      metadata: {},
    });
  });

  it('T-2 participants without an index are numbered by their place', () => {
    expect(setUp().participants.map(({ participant_index }) => participant_index)).to.deep.equal([0, 1]);
  });

  it('T-2 metadata and action_on_timeout come back as they were given', () => {
    const action_on_timeout = { type: 'end_session', result: { winner: null, by: ['flag'] } };
    const metadata = { round: 3, 'a b': { deep: [null, 1.5, 'ü'] } };
    expect(setUp({ action_on_timeout, metadata })).to.deep.include({ action_on_timeout, metadata });
  });

  it('T-3 where create names who begins, active_participant_id is that one, and nobody is active before the start', () => {
    const state = setUp({ active_participant_id: 'black' });
    expect(state.active_participant_id).to.equal('black');
    expect(state.participants.some(({ is_active }) => is_active)).to.equal(false);
  });

  const REFUSED: [string, Partial<CreatePayload>, string[]][] = [
    ['has no participants', { participants: [] }, ['participants']],
    ['names a participant twice', { participants: [seat('white'), seat('white')] }, ['participants.1.participant_id']],
    [
      'gives an index twice',
      { participants: [seat('white', { participant_index: 1 }), seat('black', { participant_index: 1 })] },
      ['participants.1.participant_index'],
    ],
    [
      'gives an index that another participant has by place',
      { participants: [seat('white', { participant_index: 1 }), seat('black')] },
      ['participants.1.participant_index'],
    ],
    ['leaves a bank out', { participants: [seat('white'), { participant_id: 'black' }] }, ['participants.1.total_time_ms']],
    ['gives an empty bank', { participants: [seat('white'), seat('black', { total_time_ms: 0 })] }, ['participants.1.total_time_ms']],
    ['gives a bank of 999 ms', { participants: [seat('white', { total_time_ms: 999 }), seat('black')] }, ['participants.0.total_time_ms']],
    ['caps below an initial bank', { max_time_ms: 5 * MINUTE - 1 }, ['max_time_ms', 'max_time_ms']],
    ['lets somebody begin who is no participant', { active_participant_id: 'grey' }, ['active_participant_id']],
  ];
  for (const [how, change, fields] of REFUSED) {
    it(`T-4 a create is refused with the field at fault when it ${how}`, () => {
      const found = faults(change);
      expect([...new Set(found)]).to.deep.equal([...new Set(fields)]);
    });
  }

  it('T-4 a refused create names every field at fault at once', () => {
    const change = { participants: [seat('white'), { participant_id: 'white' }], active_participant_id: 'grey' };
    expect(faults(change)).to.have.members(['participants.1.participant_id', 'participants.1.total_time_ms', 'active_participant_id']);
  });

  it('T-4 a create may have the smallest and the largest bank, and a cap that equals the bank', () => {
    expect(
      banks(setUp({ participants: [seat('white', { total_time_ms: 1_000 }), seat('black', { total_time_ms: 86_400_000 })] })),
    ).to.deep.equal({
      white: 1_000,
      black: 86_400_000,
    });
    expect(setUp({ max_time_ms: 5 * MINUTE }).max_time_ms).to.equal(5 * MINUTE);
  });
});
