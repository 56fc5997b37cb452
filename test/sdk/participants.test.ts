import { expect } from 'chai';
import { participantTimeUsed } from '../../client-sdk/src/index.ts';
import type { SessionState } from '#contract';
import { readClock } from '#clock';
import { type ParticipantClock, participantsStore } from '../../client-sdk/src/participants-store.ts';
import { Match, MINUTE, SECOND, unix } from '../timing/match.ts';

const three = ['ann', 'ben', 'cem'].map((participant_id) => ({ participant_id, total_time_ms: MINUTE }));

/** The store of a session, as a page would have it that asks at instants of its own. */
function shownOf(first: SessionState, counts: 'down' | 'up') {
  let [state, now] = [first, unix(0)];
  const listeners = new Set<() => void>();
  const subscribe = (listener: () => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const store = participantsStore({
    state: () => state,
    subscribe,
    counts: () => counts,
    clockOf: (id, way) => ({
      state: () => state,
      isSynced: () => true,
      now: () => now,
      moves: () => state.participants.some((one) => one.participant_id === id && one.cycle_started_at != null),
      read: (at) => {
        const used = participantTimeUsed(state, id, at);
        if (way === 'up') return { left_ms: used, rate: 1, next_change_in_ms: null };
        return readClock(state, { participant_id: id }, at);
      },
      subscribe,
    }),
  });
  const stop = store.subscribe(() => {});
  return {
    at(ms: number, next = state): readonly ParticipantClock[] {
      [state, now] = [next, unix(ms)];
      for (const listener of listeners) listener();
      return store.getSnapshot();
    },
    stop,
  };
}

describe('useParticipants', () => {
  it('CC-66 useParticipants tells what is left to everybody, and keeps the objects of entries of which nothing is new', () => {
    const hall = Match.started({ sync_mode: 'per_participant', concurrent: true, participants: three });
    hall.play(0, { type: 'pause', participant_id: 'cem' });
    const shown = shownOf(hall.state, 'down');
    const first = shown.at(0);
    expect(first.map(({ left_ms, used_ms }) => [left_ms, used_ms])).to.deep.equal([
      [MINUTE, null],
      [MINUTE, null],
      [MINUTE, null],
    ]);
    expect(shown.at(0)).to.equal(first);
    const later = shown.at(10 * SECOND);
    expect(later.map(({ left_ms }) => left_ms)).to.deep.equal([50 * SECOND, 50 * SECOND, MINUTE]);
    expect(later[2]).to.equal(first[2]);
    hall.play(20 * SECOND, { type: 'finish', participant_id: 'ann' });
    const handedIn = shown.at(30 * SECOND, hall.state);
    expect(handedIn.map(({ left_ms, participant }) => [left_ms, participant.clock_status])).to.deep.equal([
      [40 * SECOND, 'finished'],
      [30 * SECOND, 'running'],
      [MINUTE, 'paused'],
    ]);
    shown.stop();
  });

  it('CC-66 useParticipants tells what everybody’s stopwatch shows in a race', () => {
    const run = Match.started({ sync_mode: 'count_up', concurrent: true, participants: three });
    run.play(8 * SECOND, { type: 'switch', current_participant_id: 'ben' }).play(9 * SECOND, { type: 'finish', participant_id: 'ann' });
    const shown = shownOf(run.state, 'up');
    expect(shown.at(12 * SECOND).map(({ used_ms, left_ms }) => [used_ms, left_ms])).to.deep.equal([
      [9 * SECOND, null],
      [12 * SECOND, null],
      [12 * SECOND, null],
    ]);
    shown.stop();
  });
});
