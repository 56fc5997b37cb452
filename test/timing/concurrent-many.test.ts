import { expect } from 'chai';
import { applyChanges, asTold, remaining } from '#clock';
import type { SessionState } from '#contract';
import { SessionStore } from '../../client-sdk/src/session-store.ts';
import { changesBetween } from '../../server/domain/changes.ts';
import { checkReplay } from './laws.ts';
import { Match, MINUTE, SECOND, unix } from './match.ts';

const COUNT = 100;
const hall = () =>
  Match.started({
    sync_mode: 'per_participant',
    concurrent: true,
    participants: Array.from({ length: COUNT }, (_, n) => ({ participant_id: `p${n}`, total_time_ms: MINUTE + n })),
  });
const isAsOfUpdate = (state: SessionState) => {
  const at = Date.parse(state.updated_at);
  for (const { participant_id, time_remaining_ms } of state.participants) {
    expect(time_remaining_ms, participant_id).to.equal(remaining(state, { participant_id }, at));
  }
};

describe('concurrent clocks: very many', () => {
  it('CC-67 an event of a large session makes new only the entries that it changed; as it is told, all are as of the event', () => {
    const match = hall();
    const before = match.state;
    match.play(10 * SECOND, { type: 'finish', participant_id: 'p7' });
    expect(match.state.participants.filter((one, n) => one !== before.participants[n])).to.have.lengthOf(1);
    isAsOfUpdate(asTold(match.state));
    expect(asTold(match.state).participants[8]?.time_remaining_ms).to.equal(50 * SECOND + 8);
  });

  it('CC-67 changes lead to the very state that the server keeps, and to the one that clients are told', () => {
    const match = hall();
    let [kept, shown] = [match.state, asTold(match.state)];
    const follow = () => {
      const changes = changesBetween(kept, match.state);
      kept = applyChanges(kept, changes, true);
      shown = applyChanges(shown, changes);
      expect(kept).to.deep.equal(match.state);
      expect(shown).to.deep.equal(asTold(match.state));
    };
    for (let n = 0; n < COUNT - 1; n++) {
      match.play((n + 1) * 100, { type: n % 5 === 0 ? 'pause' : 'finish', participant_id: `p${n}` });
      follow();
    }
    match.play(20 * SECOND, { type: 'pause' });
    follow();
    match.play(21 * SECOND, { type: 'adjust', delta_ms: 1 });
    follow();
    match.play(22 * SECOND, { type: 'resume' });
    follow();
    match.play(23 * SECOND, { type: 'complete' });
    follow();
    isAsOfUpdate(match.state);
    checkReplay(match.events);
  });

  it('CC-67 what clocks of a large concurrent session show does not depend on when their entries were made', () => {
    const match = hall().play(SECOND, { type: 'finish', participant_id: 'p0' });
    expect(remaining(match.state, { participant_id: 'p1' }, unix(31 * SECOND))).to.equal(29 * SECOND + 1);
  });

  it('HC-7 a client computes what such clocks show when somebody looks at the participants, and shows what clients are told', () => {
    const match = hall();
    const store = new SessionStore(match.state.session_id, { onDemandChange() {}, onExpired() {}, connectionError: () => null });
    store.offer(asTold(match.state));
    for (let n = 0; n < COUNT; n++) {
      const before = match.state;
      match.play((n + 1) * 100, { type: n % 5 === 0 ? 'pause' : 'finish', participant_id: `p${n}` });
      const { session_id, epoch, version } = match.state;
      const about = { session_id, epoch, version, since_version: before.version, server_time_ms: 0 };
      store.follow({ ...about, event_type: 'participant_finished', changes: changesBetween(before, match.state) });
      const shown = store.getSnapshot();
      expect(store.getSnapshot()).to.equal(shown);
      if (n % 10 > 0) continue;
      if (version % 100 > 0) expect(Object.getOwnPropertyDescriptor(shown, 'participants')).to.have.property('get');
      expect(shown?.participants).to.equal(shown?.participants);
      expect(JSON.parse(JSON.stringify(shown))).to.deep.equal(asTold(match.state));
    }
  });
});
