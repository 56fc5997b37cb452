import { expect } from 'chai';
import type { CreatePayload, SyncMode } from '#contract';
import { Match, SECOND } from './match.ts';

const TEN = 10 * SECOND;
const GAMES: Record<SyncMode, Partial<CreatePayload>> = {
  per_participant: { participants: ['ann', 'bob'].map((participant_id) => ({ participant_id, total_time_ms: TEN })) },
  per_cycle: { participants: ['ann', 'bob'].map((participant_id) => ({ participant_id })), time_per_cycle_ms: TEN },
  per_group: {
    participants: ['ann', 'bob'].map((participant_id) => ({ participant_id, group_id: `of-${participant_id}`, total_time_ms: TEN })),
  },
  global: { participants: ['ann', 'bob'].map((participant_id) => ({ participant_id })), total_time_ms: TEN },
  count_up: { participants: ['ann', 'bob'].map((participant_id) => ({ participant_id })), max_time_ms: TEN },
};

/**
 * What follows an expiry where somebody could go on: the session is over (`ends`), or the next one's cycle begins
 * (`goes on`).
 */
const RULES: [type: string | null, auto_advance: boolean, follows: 'ends' | 'goes on'][] = [
  ['end_session', false, 'ends'],
  ['end_session', true, 'ends'],
  ['skip_cycle', false, 'goes on'],
  ['skip_cycle', true, 'goes on'],
  ['auto_action', false, 'ends'],
  ['auto_action', true, 'goes on'],
  ['penalty', false, 'ends'],
  ['penalty', true, 'goes on'],
  [null, false, 'ends'],
  [null, true, 'goes on'],
];

describe('what follows when the time is over', () => {
  for (const mode of Object.keys(GAMES) as SyncMode[]) {
    for (const [type, auto_advance, follows] of RULES) {
      const expected = mode === 'global' || mode === 'count_up' ? 'ends' : follows;
      const how = `${type ?? 'no action'}${auto_advance ? ' and auto_advance' : ''}`;
      it(`T-48 after an expiry a session in ${mode} ${expected} with ${how}`, () => {
        const action_on_timeout = type === null ? undefined : { type, outcome: { by: ['timeout', null, 1.5] } };
        const game = Match.started({ sync_mode: mode, ...GAMES[mode], auto_advance, action_on_timeout }).pass(TEN);
        expect(game.expiries).to.have.lengthOf(1);
        expect(game.state).to.include(
          expected === 'ends' ? { status: 'expired', active_participant_id: 'ann' } : { status: 'running', active_participant_id: 'bob' },
        );
        expect(game.last.metadata).to.deep.equal(action_on_timeout === undefined ? {} : { action_applied: action_on_timeout });
      });
    }
  }

  for (const mode of ['per_participant', 'per_group'] as const) {
    it(`T-46 a session in ${mode} has expired when the last bank runs out, whatever its action and auto_advance`, () => {
      const game = Match.started({ sync_mode: mode, ...GAMES[mode], auto_advance: true, action_on_timeout: { type: 'skip_cycle' } }).pass(
        2 * TEN,
      );
      expect(game.state).to.include({ status: 'expired', active_participant_id: 'bob', cycle_count: 2 });
    });
  }
});
