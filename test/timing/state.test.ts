import { expect } from 'chai';
import type { CreatePayload, SyncMode } from '#contract';
import { at, Match, MINUTE, SECOND } from './match.ts';

const people = ['ann', 'bob'].map((participant_id) => ({ participant_id, group_id: `of-${participant_id}`, total_time_ms: MINUTE }));
const GAMES: Record<SyncMode, Partial<CreatePayload>> = {
  per_participant: { participants: people },
  per_cycle: { participants: people, time_per_cycle_ms: MINUTE },
  per_group: { participants: people },
  global: { participants: people, total_time_ms: MINUTE },
  count_up: { participants: people, max_time_ms: MINUTE },
};
const MODES = Object.keys(GAMES) as SyncMode[];

/** The fields of contract §5, one after the other, in every mode. */
for (const mode of MODES) {
  const ready = (change: Partial<CreatePayload> = {}) => new Match({ sync_mode: mode, ...GAMES[mode], ...change });
  const running = (change: Partial<CreatePayload> = {}) => ready(change).play(SECOND, { type: 'start' });

  describe(`the fields of a state in ${mode}`, () => {
    it('T-110 before the start the active ids are null, and no participant is marked as active', () => {
      expect(ready().state).to.include({
        status: 'pending',
        active_participant_id: null,
        active_group_id: null,
        cycle_started_at: null,
        deadline_at: null,
      });
      expect([...ready().state.participants, ...ready().state.groups].some(({ is_active }) => is_active)).to.equal(false);
    });

    it('T-110 before the start the active ids are those that create named, and no participant is marked as active', () => {
      expect(ready({ active_participant_id: 'bob' }).state).to.include({ active_participant_id: 'bob', active_group_id: 'of-bob' });
      expect(ready({ active_group_id: 'of-bob' }).state).to.include({ active_participant_id: null, active_group_id: 'of-bob' });
      const { participants, groups } = ready({ active_participant_id: 'bob', active_group_id: 'of-bob' }).state;
      expect([...participants, ...groups].some(({ is_active }) => is_active)).to.equal(false);
      for (const named of [{ active_participant_id: 'bob' }, { active_group_id: 'of-bob' }]) {
        expect(running(named).state).to.include({ active_participant_id: 'bob', active_group_id: 'of-bob' });
      }
    });

    it('T-111 from the start on exactly one participant is active, and active_group_id is that participant’s group', () => {
      for (const match of [running(), running().play(2 * SECOND, { type: 'pause' })]) {
        expect(match.state).to.include({ active_participant_id: 'ann', active_group_id: 'of-ann' });
        expect(match.state.participants.map(({ is_active }) => is_active)).to.deep.equal([true, false]);
        if (mode === 'per_group') expect(match.state.groups.map(({ is_active }) => is_active)).to.deep.equal([true, false]);
      }
      expect(running().switch(2 * SECOND).state).to.include({ active_participant_id: 'bob', active_group_id: 'of-bob' });
    });

    for (const [status, end] of [
      ['expired', (match: Match) => match.pass(2 * MINUTE)],
      ['completed', (match: Match) => match.play(5 * SECOND, { type: 'complete' })],
      ['cancelled', (match: Match) => match.play(5 * SECOND, { type: 'cancel' })],
    ] as const) {
      it(`T-112 in a session that is ${status} the active ids keep their values, nobody is marked as active, and no clock runs`, () => {
        const { state } = end(running().switch(2 * SECOND));
        expect(state).to.include({
          status,
          active_participant_id: 'bob',
          active_group_id: 'of-bob',
          cycle_started_at: null,
          deadline_at: null,
        });
        expect([...state.participants, ...state.groups].some(({ is_active }) => is_active)).to.equal(false);
        expect(state.session_completed_at).to.equal(state.updated_at);
      });
    }

    it('T-113 cycle_count counts the turns that ended by a switch or an expiry, and has_gone says that there was one', () => {
      const match = running({ auto_advance: true })
        .switch(2 * SECOND)
        .switch(3 * SECOND)
        .play(4 * SECOND, { type: 'pause' });
      expect(match.state.cycle_count).to.equal(2);
      expect(match.state.participants.map(({ cycle_count, has_gone }) => [cycle_count, has_gone])).to.deep.equal([
        [1, true],
        [1, true],
      ]);
      const first = running()
        .play(SECOND, { type: 'pause' })
        .play(SECOND, { type: 'resume' })
        .pass(SECOND + MINUTE);
      expect(first.state.cycle_count).to.equal(1);
      expect(first.state.participants.map(({ cycle_count, has_gone }) => [cycle_count, has_gone])).to.deep.equal([
        [1, true],
        [0, false],
      ]);
    });

    it('T-114 session_started_at is the instant of the start, created_at of the creation, updated_at of the last event', () => {
      const match = running()
        .switch(2 * SECOND)
        .play(3 * SECOND, { type: 'pause' })
        .play(9 * SECOND, { type: 'resume' });
      expect(match.state).to.include({ session_started_at: at(SECOND), created_at: at(0), updated_at: at(9 * SECOND), version: 5 });
    });

    it('T-115 no event changes total_time_ms or a setting of the session, but an adjustment in count_up its max_time_ms', () => {
      const settings = {
        total_time_ms: 5 * MINUTE,
        increment_ms: 10,
        warning_thresholds_ms: [7],
        auto_advance: true,
        metadata: { a: [1] },
      };
      const match = running({ ...settings, total_time_ms: mode === 'global' ? MINUTE : 5 * MINUTE, action_on_timeout: { type: 'x' } });
      const {
        total_time_ms,
        time_per_cycle_ms,
        increment_ms,
        warning_thresholds_ms,
        auto_advance,
        action_on_timeout,
        metadata,
        outage_policy,
        epoch,
        max_time_ms,
      } = match.state;
      const named = mode === 'per_participant' ? { participant_id: 'ann' } : mode === 'per_group' ? { group_id: 'of-ann' } : {};
      match
        .switch(2 * SECOND)
        .play(3 * SECOND, { type: 'adjust', delta_ms: SECOND, ...named })
        .pass(30 * MINUTE);
      expect(match.state).to.deep.include({
        total_time_ms,
        time_per_cycle_ms,
        increment_ms,
        warning_thresholds_ms,
        auto_advance,
        action_on_timeout,
        metadata,
      });
      expect(match.state).to.include({ outage_policy, epoch });
      expect(match.state.max_time_ms).to.equal(mode === 'count_up' ? Number(max_time_ms) + SECOND : max_time_ms);
    });

    it('T-116 total_time_ms of a participant drains only in per_participant, and that of a group only in per_group', () => {
      const { state } = running().switch(11 * SECOND);
      expect(state.participants[0]?.total_time_ms).to.equal(mode === 'per_participant' ? 50 * SECOND : MINUTE);
      if (mode === 'per_group') expect(state.groups[0]?.total_time_ms).to.equal(50 * SECOND);
      else expect(state.groups).to.deep.equal([]);
    });

    it('T-117 cycle_time_used_ms begins at 0 with each cycle, except where one clock runs through the session', () => {
      const whole = mode === 'global' || mode === 'count_up';
      const match = running().switch(11 * SECOND);
      expect(match.state.cycle_time_used_ms).to.equal(whole ? 10 * SECOND : 0);
      match.play(14 * SECOND, { type: 'pause' });
      expect(match.state.cycle_time_used_ms).to.equal(whole ? 13 * SECOND : 3 * SECOND);
      match.play(20 * SECOND, { type: 'resume' }).play(21 * SECOND, { type: 'pause' });
      expect(match.state.cycle_time_used_ms).to.equal(whole ? 14 * SECOND : 4 * SECOND);
    });

    it('T-118 cycle_started_at is the instant up to which the running clock was charged last, deadline_at the one at which it runs out', () => {
      const match = running();
      for (const ms of [2 * SECOND, 5 * SECOND]) {
        expect(match.play(ms, { type: 'switch', next_participant_id: 'ann' }).state.cycle_started_at).to.equal(at(ms));
        expect(match.state.deadline_at).to.equal(at(ms + Number(match.left(ms))));
      }
    });
  });
}
