import { expect } from 'chai';
import type { SessionState } from '../../client-sdk/src/index.ts';
import { SessionStore } from '../../client-sdk/src/session-store.ts';

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

function newStore(): { store: SessionStore; heard: (string | null)[]; demand: boolean[] } {
  const demand: boolean[] = [];
  const store = new SessionStore('game', () => demand.push(store.wanted));
  const heard: (string | null)[] = [];
  store.subscribe(() => {
    const now = store.getSnapshot();
    heard.push(now === null ? null : `${now.epoch}/${now.version}`);
  });
  return { store, heard, demand };
}

describe('session store', () => {
  it('orders by version and drops what is late or comes twice', () => {
    const { store, heard } = newStore();
    for (const version of [2, 1, 2, 4, 3, 5]) store.offer(state(7, version));
    expect(heard).to.deep.equal(['7/2', '7/4', '7/5']);
  });

  it('a greater epoch is newer whatever its version', () => {
    const { store, heard } = newStore();
    store.offer(state(7, 40));
    store.offer(state(8, 1));
    store.offer(state(7, 41));
    expect(heard).to.deep.equal(['7/40', '8/1']);
  });

  it('the snapshot stays the same object until the state changes', () => {
    const { store } = newStore();
    store.offer(state(1, 1));
    const before = store.getSnapshot();
    store.offer(state(1, 1));
    expect(store.getSnapshot()).to.equal(before);
  });

  it('after a switch result, older states are old and its own version still brings the whole state', () => {
    const { store, heard } = newStore();
    store.offer(state(1, 1));
    store.note({ ...state(1, 3), active_participant_id: 'black' });
    expect(store.seen).to.include({ version: 3, active_participant_id: 'black' });
    store.offer(state(1, 2));
    store.offer(state(1, 3));
    expect(heard).to.deep.equal(['1/1', '1/3']);
  });

  it('a deletion leaves nothing, and nothing older comes back', () => {
    const { store, heard } = newStore();
    store.offer(state(1, 5));
    expect(store.remove({ epoch: 1, version: 6 })).to.equal(true);
    store.offer(state(1, 5));
    expect(heard).to.deep.equal(['1/5', null]);
    expect(store.getError()?.code).to.equal('SESSION_NOT_FOUND');
  });

  it('a late deletion does not touch a newer session of the same id', () => {
    const { store } = newStore();
    store.offer(state(2, 1));
    expect(store.remove({ epoch: 1, version: 6 })).to.equal(false);
    expect(store.getSnapshot()?.epoch).to.equal(2);
  });

  it('says whether anybody wants updates', () => {
    const { store, demand } = newStore();
    const off = store.subscribe(() => undefined);
    off();
    expect(store.wanted, 'the first listener is still there').to.equal(true);
    store.offer(state(1, 9, { status: 'completed' }));
    expect(demand).to.deep.equal([true, true, true]);
  });
});
