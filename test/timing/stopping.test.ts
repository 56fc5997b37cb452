import { expect } from 'chai';
import type { CreatePayload, SyncMode } from '#contract';
import type { TimerCommand } from '../../server/domain/decide.ts';
import { at, Match, MINUTE, SECOND } from './match.ts';

const NAMES = ['ann', 'bob'];
const GAMES: Record<SyncMode, Partial<CreatePayload>> = {
  per_participant: { participants: NAMES.map((participant_id) => ({ participant_id, total_time_ms: MINUTE })) },
  per_cycle: { participants: NAMES.map((participant_id) => ({ participant_id })), time_per_cycle_ms: MINUTE },
  per_group: { participants: NAMES.map((participant_id) => ({ participant_id, group_id: `of-${participant_id}`, total_time_ms: MINUTE })) },
  global: { participants: NAMES.map((participant_id) => ({ participant_id })), total_time_ms: MINUTE },
  count_up: { participants: NAMES.map((participant_id) => ({ participant_id })), max_time_ms: MINUTE },
};
const ENDS = [
  ['complete', 'completed', 'session_completed'],
  ['cancel', 'cancelled', 'session_cancelled'],
] as const;

for (const mode of Object.keys(GAMES) as SyncMode[]) {
  const ready = () => new Match({ sync_mode: mode, ...GAMES[mode], increment_ms: 0 });
  const running = () => ready().play(0, { type: 'start' });

  describe(`stopping in ${mode}`, () => {
    it('T-65 a pause charges the running clock, stops it and keeps whose turn it is', () => {
      const match = running().play(7 * SECOND, { type: 'pause' });
      expect(match.last).to.include({
        event_type: 'session_paused',
        participant_id: 'ann',
        time_elapsed_ms: 7 * SECOND,
        time_remaining_ms: 53 * SECOND,
      });
      expect(match.state).to.include({
        status: 'paused',
        cycle_started_at: null,
        deadline_at: null,
        cycle_time_used_ms: 7 * SECOND,
        cycle_count: 0,
      });
      expect(match.state).to.include({ active_participant_id: 'ann', session_completed_at: null, updated_at: at(7 * SECOND) });
      expect(match.who('ann')).to.include({ is_active: true, time_used_ms: 7 * SECOND, time_remaining_ms: 53 * SECOND });
    });

    it('T-65 after a pause of any length the clock goes on with what was left', () => {
      const match = running()
        .play(7 * SECOND, { type: 'pause' })
        .play(9_999 * MINUTE, { type: 'resume' });
      expect(match.last).to.include({ event_type: 'session_resumed', time_elapsed_ms: 0, time_remaining_ms: 53 * SECOND });
      expect(match.state).to.include({
        status: 'running',
        cycle_started_at: at(9_999 * MINUTE),
        deadline_at: at(9_999 * MINUTE + 53 * SECOND),
      });
      expect(match.who('ann').time_used_ms).to.equal(7 * SECOND);
    });

    it('T-65 many short pauses cost nobody a millisecond', () => {
      const match = running();
      for (let pause = 1; pause <= 50; pause++) match.play(pause * 10, { type: 'pause' }).play(pause * 10, { type: 'resume' });
      expect(match.state.deadline_at).to.equal(at(MINUTE));
      expect(match.who('ann').time_used_ms).to.equal(500);
    });

    for (const [type, status, event_type] of ENDS) {
      it(`T-65 ${type} charges the running clock and ends the session`, () => {
        const match = running().play(7 * SECOND, { type });
        expect(match.last).to.include({ event_type, time_elapsed_ms: 7 * SECOND, time_remaining_ms: 53 * SECOND });
        expect(match.state).to.include({
          status,
          cycle_started_at: null,
          deadline_at: null,
          session_completed_at: at(7 * SECOND),
          active_participant_id: 'ann',
        });
        expect(match.who('ann')).to.include({ is_active: false, time_used_ms: 7 * SECOND, time_remaining_ms: 53 * SECOND, cycle_count: 0 });
        expect(match.left(MINUTE)).to.equal(53 * SECOND);
      });

      it(`T-65 ${type} during a pause charges nothing for the pause`, () => {
        const match = running().play(SECOND, { type: 'pause' }).play(MINUTE, { type });
        expect(match.last.time_elapsed_ms).to.equal(0);
        expect(match.state).to.include({ status, session_completed_at: at(MINUTE) });
      });

      it(`T-65 ${type} of a session that was never started has no active participant`, () => {
        const match = ready().play(SECOND, { type });
        expect(match.state).to.include({
          status,
          session_started_at: null,
          session_completed_at: at(SECOND),
          active_participant_id: null,
          version: 2,
        });
      });
    }

    it('T-65 a deletion charges the running clock, and its version holds the last state', () => {
      const match = running().play(7 * SECOND, { type: 'delete' });
      expect(match.last).to.include({ event_type: 'session_deleted', time_elapsed_ms: 7 * SECOND, time_remaining_ms: 53 * SECOND });
      expect(match.state).to.include({ version: 3, status: 'running', updated_at: at(7 * SECOND), session_completed_at: null });
      expect(match.who('ann').time_used_ms).to.equal(7 * SECOND);
    });

    it('T-66 completing a session that has expired changes only its status and version', () => {
      const match = running().pass(MINUTE);
      const { state: expired } = match;
      match.play(5 * MINUTE, { type: 'complete' });
      expect(match.last).to.include({ event_type: 'session_completed', time_elapsed_ms: 0 });
      expect(match.state).to.deep.equal({ ...expired, status: 'completed', version: 4, updated_at: at(5 * MINUTE) });
      expect(match.state.session_completed_at).to.equal(at(MINUTE));
    });

    it('T-66 a session that has expired accepts only complete and delete, and one that was completed or cancelled only delete', () => {
      const others: Exclude<TimerCommand['type'], 'finish'>[] = ['start', 'switch', 'pause', 'resume', 'adjust', 'cancel'];
      for (const type of others) {
        const { code, message } = running().refusal(MINUTE, { type, delta_ms: 5 });
        expect(`${code} ${message}`).to.equal(`INVALID_STATE_TRANSITION Cannot ${type}: session is expired`);
      }
      for (const type of [...others, 'complete'] as const) {
        const completed = running().play(0, { type: 'complete' });
        const cancelled = running().play(0, { type: 'cancel' });
        expect(completed.refusal(0, { type, delta_ms: 5 }).message).to.equal(`Cannot ${type}: session is completed`);
        expect(cancelled.refusal(0, { type, delta_ms: 5 }).message).to.equal(`Cannot ${type}: session is cancelled`);
      }
      expect(running().play(MINUTE, { type: 'delete' }).state).to.include({ status: 'expired', session_completed_at: at(MINUTE) });
    });

    it('T-42 a command that stops the clock at its deadline finds the expiry applied; 1 ms before it is in time', () => {
      expect(running().refusal(MINUTE, { type: 'pause' }).details).to.deep.equal({ status: 'expired', command: 'pause' });
      expect(running().play(MINUTE, { type: 'complete' }).expiries).to.have.lengthOf(1);
      expect(
        running()
          .play(MINUTE - 1, { type: 'pause' })
          .left(9 * MINUTE),
      ).to.equal(1);
    });

    it('T-67 a command as of an instant before the cycle began counts as at its beginning', () => {
      const match = running();
      match.state = { ...match.state, cycle_started_at: at(5 * SECOND), deadline_at: at(5 * SECOND + MINUTE) };
      const named = mode === 'per_participant' ? { participant_id: 'ann' } : mode === 'per_group' ? { group_id: 'of-ann' } : {};
      match.play(2 * SECOND, { type: 'adjust', delta_ms: SECOND, ...named });
      expect(match.last).to.include({ time_elapsed_ms: 0, at: match.events[0]!.at + 2 * SECOND });
      expect(match.state).to.include({ cycle_started_at: at(5 * SECOND), deadline_at: at(6 * SECOND + MINUTE) });
      expect(match.play(7 * SECOND, { type: 'pause' }).last.time_elapsed_ms).to.equal(2 * SECOND);
    });

    it('T-67 a command as of an instant before the last change counts as at that change', () => {
      const match = running()
        .switch(7 * SECOND)
        .play(3 * SECOND, { type: 'pause' });
      expect(match.last).to.include({ time_elapsed_ms: 0, at: match.events[2]!.at });
      expect(match.state.updated_at).to.equal(at(7 * SECOND));
    });
  });
}
