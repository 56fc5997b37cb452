import { expect } from 'chai';
import type { SessionState } from '../../client-sdk/src/index.ts';
import { SessionStore, type StoreHooks } from '../../client-sdk/src/session-store.ts';

type Expired = Parameters<StoreHooks['onExpired']>[0];

function state(epoch: number, version: number, change: Partial<SessionState> = {}): SessionState {
  return {
    session_id: 'game',
    sync_mode: 'per_participant',
    status: 'running',
    version,
    epoch,
    total_time_ms: null,
    time_per_cycle_ms: null,
    increment_ms: 0,
    max_time_ms: null,
    active_participant_id: 'white',
    active_group_id: null,
    cycle_started_at: '2026-11-22T12:00:00.000Z',
    cycle_time_used_ms: 0,
    cycle_count: 0,
    deadline_at: null,
    session_started_at: null,
    session_completed_at: null,
    created_at: '2026-11-22T12:00:00.000Z',
    updated_at: '2026-11-22T12:00:00.000Z',
    action_on_timeout: null,
    auto_advance: false,
    outage_policy: 'charge',
    warning_thresholds_ms: [],
    participants: [],
    groups: [],
    metadata: {},
    ...change,
  };
}

function newStore(): { store: SessionStore; heard: (string | null)[]; demand: boolean[]; expired: Expired[] } {
  const demand: boolean[] = [];
  const expired: Expired[] = [];
  const store = new SessionStore('game', {
    onDemandChange: () => demand.push(store.wanted),
    onExpired: (event) => expired.push(event),
    connectionError: () => null,
  });
  const heard: (string | null)[] = [];
  store.subscribe(() => {
    const now = store.getSnapshot();
    heard.push(now === null ? null : `${now.epoch}/${now.version}`);
  });
  return { store, heard, demand, expired };
}

describe('session store', () => {
  it('J-167 the store orders states by version and drops what is late or comes twice', () => {
    const { store, heard } = newStore();
    for (const version of [2, 1, 2, 4, 3, 5]) store.offer(state(7, version));
    expect(heard).to.deep.equal(['7/2', '7/4', '7/5']);
  });

  it('J-167 a state of a greater epoch is newer, whatever its version', () => {
    const { store, heard } = newStore();
    store.offer(state(7, 40));
    store.offer(state(8, 1));
    store.offer(state(7, 41));
    expect(heard).to.deep.equal(['7/40', '8/1']);
  });

  it('J-168 the snapshot of the store stays the same object until the state changes', () => {
    const { store } = newStore();
    store.offer(state(1, 1));
    const before = store.getSnapshot();
    store.offer(state(1, 1));
    expect(store.getSnapshot()).to.equal(before);
  });

  it('J-167 after a switch result older states are dropped, and the state of its own version is still taken', () => {
    const { store, heard } = newStore();
    store.offer(state(1, 1));
    store.note({ ...state(1, 3), active_participant_id: 'black' });
    expect(store.seen).to.include({ version: 3, active_participant_id: 'black' });
    store.offer(state(1, 2));
    store.offer(state(1, 3));
    expect(heard).to.deep.equal(['1/1', '1/3']);
  });

  it('J-167 a deletion leaves no state, and an older one does not come back', () => {
    const { store, heard } = newStore();
    store.offer(state(1, 5));
    expect(store.remove({ epoch: 1, version: 6 })).to.equal(true);
    store.offer(state(1, 5));
    expect(heard).to.deep.equal(['1/5', null]);
    expect(store.getError()?.code).to.equal('SESSION_NOT_FOUND');
  });

  it('J-167 a late deletion does not touch a newer session of the same id', () => {
    const { store } = newStore();
    store.offer(state(2, 1));
    expect(store.remove({ epoch: 1, version: 6 })).to.equal(false);
    expect(store.getSnapshot()?.epoch).to.equal(2);
  });

  it('J-168 the store tells whether anybody wants updates', () => {
    const { store, demand } = newStore();
    const off = store.subscribe(() => undefined);
    off();
    expect(store.wanted, 'the first listener is still there').to.equal(true);
    store.offer(state(1, 9, { status: 'completed' }));
    expect(demand).to.deep.equal([true, true, true]);
  });

  const running = { deadline_at: '2026-11-22T12:05:00.000Z' };

  it('J-31 timeExpired is raised once for an expiry, by its event or by the state that shows it', () => {
    const { store, expired } = newStore();
    store.offer(state(1, 1, running));
    store.offer(state(1, 2, { updated_at: running.deadline_at, status: 'expired' }), 'participant_expired');
    const event = { session_id: 'game', epoch: 1, version: 2, expired_participant_id: 'white', expired_group_id: null };
    expect(expired).to.deep.equal([{ ...event, expired_at: running.deadline_at, action_applied: null }]);
    store.expired({ ...event, expired_at: running.deadline_at, action_applied: null });
    expect(expired).to.have.lengthOf(1);
  });

  it('J-31 timeExpired is raised once for an expiry that lies between two known states', () => {
    const { store, expired } = newStore();
    store.offer(state(1, 4, running));
    store.offer(state(1, 7, { status: 'running', cycle_started_at: running.deadline_at, active_participant_id: 'black' }));
    expect(expired.map((event) => [event.version, event.expired_participant_id])).to.deep.equal([[7, 'white']]);
    store.expired({
      session_id: 'game',
      epoch: 1,
      version: 5,
      expired_participant_id: 'white',
      expired_group_id: null,
      expired_at: '',
      action_applied: null,
    });
    store.expired({
      session_id: 'game',
      epoch: 1,
      version: 8,
      expired_participant_id: 'black',
      expired_group_id: null,
      expired_at: '',
      action_applied: null,
    });
    expect(expired.map((event) => event.version)).to.deep.equal([7, 8]);
  });

  it('J-31 a switch, the first state and another incarnation of the id raise no timeExpired', () => {
    const { store, expired } = newStore();
    store.offer(state(1, 1, { status: 'expired' }));
    store.offer(state(2, 1, { ...running, created_at: '2026-11-22T12:01:00.000Z' }));
    store.offer(state(2, 2, { created_at: '2026-11-22T12:01:00.000Z', active_participant_id: 'black' }), 'cycle_switched');
    store.offer(state(2, 5, { created_at: '2026-11-22T12:01:00.000Z' }));
    expect(expired).to.deep.equal([]);
  });

  it('J-25 a predicted state is shown until the server’s next state, or until it is taken back', () => {
    const { store } = newStore();
    store.offer(state(1, 1));
    store.predict(state(1, 1, { active_participant_id: 'black' }));
    expect(store.getSnapshot()?.active_participant_id).to.equal('black');
    expect(store.seen?.active_participant_id, 'a guard still names what the server said').to.equal('white');
    store.predict(null);
    expect(store.getSnapshot()?.active_participant_id).to.equal('white');
    store.predict(state(1, 1, { active_participant_id: 'black' }));
    store.offer(state(1, 2));
    expect(store.getSnapshot()?.version).to.equal(2);
  });
});
