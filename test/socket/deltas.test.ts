import { expect } from 'chai';
import { applyChanges } from '#clock';
import { type CreatePayload, type SessionState, SYNC_MODES } from '#contract';
import { changesBetween } from '../../server/domain/changes.ts';
import { create } from '../../server/domain/create.ts';
import { decide, type TimerCommand } from '../../server/domain/decide.ts';
import { expire } from '../../server/domain/expire.ts';
import { chess } from '../kit/games.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import type { TestClient } from '../kit/socket-client.ts';
import { withChanges, withState } from '../kit/updates.ts';

const seats = (count: number, bankMs = 600_000) =>
  Array.from({ length: count }, (_, n) => ({ participant_id: `p${n}`, total_time_ms: bankMs, group_id: `team-${n % 3}` }));

const MODES = {
  per_participant: {},
  per_cycle: { time_per_cycle_ms: 60_000 },
  per_group: {},
  global: { total_time_ms: 3_600_000 },
  count_up: { max_time_ms: 3_600_000 },
};

describe('changes instead of states', () => {
  let cluster: Cluster;
  let player: TestClient;
  let asked: TestClient;
  let stock: TestClient;

  before(async () => {
    cluster = await openCluster();
    const [here, there] = [await cluster.instance(), await cluster.instance()];
    player = await cluster.client(here);
    asked = await cluster.client(there);
    stock = await cluster.client(there);
  });
  after(() => cluster.close());

  const open = async (change: Partial<CreatePayload>) => {
    const payload = chess({ increment_ms: 2_000, ...change });
    await player.ok('session:create', payload);
    await player.ok('session:join', { session_id: payload.session_id, deltas: true });
    await stock.ok('session:join', { session_id: payload.session_id });
    const { state } = await asked.ok('session:join', { session_id: payload.session_id, deltas: true });
    return { session_id: payload.session_id, state };
  };

  /** Takes updates as they come until a version, from a state on; each must follow on the one before it. */
  async function follow(client: TestClient, from: SessionState, version: number): Promise<SessionState> {
    let state = from;
    while (state.version < version) {
      const next = state.version + 1;
      const event = await client.next('session:update', (one) => one.session_id === from.session_id && one.version === next);
      const { since_version, changes } = withChanges(event);
      expect(since_version).to.equal(state.version);
      expect(event).not.to.have.property('state');
      state = applyChanges(state, changes);
    }
    return state;
  }

  for (const sync_mode of SYNC_MODES) {
    it(`P-20 changes lead to the state in Redis after each command in ${sync_mode}, on both instances`, async () => {
      const { session_id, state } = await open({ sync_mode, participants: seats(70), ...MODES[sync_mode] });
      let [here, there] = [state, state];
      const commands = ['start', 'switch', 'switch', 'pause', 'resume', 'switch', 'complete'] as const;
      for (const [n, command] of commands.entries()) {
        await player.ok(`session:${command}`, { session_id });
        const stored = await player.ok('session:get', { session_id });
        here = await follow(player, here, n + 2);
        there = await follow(asked, there, n + 2);
        expect(here).to.deep.equal(stored);
        expect(there).to.deep.equal(stored);
        const whole = await stock.next('session:update', (one) => one.session_id === session_id && one.version === n + 2);
        expect(withState(whole).state).to.deep.equal(stored);
        expect(whole).not.to.have.property('changes');
      }
    });
  }

  it('P-21 with changes, updates and answers of a thousand participants are as small as those of two', async () => {
    const { session_id } = await open({ participants: seats(1_000) });
    await player.ok('session:start', { session_id });
    const answer = await player.ok('session:switch', { session_id, deltas: true });
    expect(answer.participants.map((one) => one.participant_id)).to.have.members(['p0', 'p1']);
    const update = await asked.next('session:update', (one) => one.session_id === session_id && one.version === 3);
    const two = chess();
    await player.ok('session:create', two);
    await player.ok('session:start', { session_id: two.session_id });
    await player.ok('session:switch', { session_id: two.session_id });
    const small = await player.next('session:update', (one) => one.session_id === two.session_id && one.version === 3);
    expect(JSON.stringify(update).length).to.be.below(JSON.stringify(small).length);
    expect(JSON.stringify(answer).length).to.be.below(2_000);
  });

  it('P-27 a refused join does not change whether a socket gets changes or states', async () => {
    const { session_id } = await open({ participants: seats(12) });
    await stock.refused('CONFLICT', 'session:join', { session_id, deltas: true, expected_version: 7 });
    await asked.refused('CONFLICT', 'session:join', { session_id, expected_version: 7 });
    await player.ok('session:start', { session_id });
    expect(await stock.next('session:update', (event) => event.session_id === session_id)).to.have.property('state');
    expect(await asked.next('session:update', (event) => event.session_id === session_id)).to.have.property('changes');
  });

  it('P-22 changes are not sent for small sessions, nor to a socket that joins again without deltas', async () => {
    const small = await open({});
    await player.ok('session:start', { session_id: small.session_id });
    expect(await asked.next('session:update', (one) => one.session_id === small.session_id)).to.have.property('state');
    const large = await open({ participants: seats(12) });
    await asked.ok('session:join', { session_id: large.session_id });
    await player.ok('session:start', { session_id: large.session_id });
    expect(await asked.next('session:update', (one) => one.session_id === large.session_id)).to.have.property('state');
  });

  it('P-23 a socket that wants whole states gets every version, even if the room was empty on that instance before', async () => {
    const { session_id } = await open({ participants: seats(12) });
    const late = await cluster.client(await cluster.instance());
    await player.ok('session:start', { session_id });
    await late.ok('session:join', { session_id });
    for (const version of [3, 4, 5]) {
      await player.ok('session:switch', { session_id });
      const update = await late.next('session:update', (one) => one.version === version);
      expect(withState(update).state.version).to.equal(version);
    }
    await player.ok('session:delete', { session_id });
    await Promise.all([asked, stock, late].map((client) => client.next('session:deleted', (one) => one.session_id === session_id)));
  });

  it('P-24 changes lead from each state to the next, after adjustments, expiries and cancellations too', () => {
    const games = SYNC_MODES.flatMap((sync_mode) =>
      [0, 3_000].map((below) => ({ sync_mode, below: sync_mode === 'count_up' ? 0 : below })),
    );
    for (const { sync_mode, below: overrun_ms } of games) {
      const payload = { ...chess(), sync_mode, participants: seats(12, 5_000), auto_advance: true, overrun_ms, ...MODES[sync_mode] };
      const decision = create(payload, 1_000);
      if (!decision.ok) throw new Error(decision.message);
      let { state } = decision.event;
      const apply = (after: SessionState) => {
        expect(applyChanges(state, changesBetween(structuredClone(state), after))).to.deep.equal(after);
        state = after;
      };
      const run = (command: TimerCommand, at: number) => {
        const next = decide(state, command, at);
        if (next.ok) apply(next.event.state);
      };
      run({ type: 'start' }, 2_000);
      run({ type: 'switch', next_participant_id: 'p7' }, 3_000);
      run({ type: 'adjust', delta_ms: 1_500, participant_id: 'p7' }, 3_500);
      run({ type: 'adjust', delta_ms: 1_500, group_id: 'team-1' }, 3_500);
      run({ type: 'adjust', delta_ms: -1_500 }, 3_500);
      if (state.deadline_at !== null) apply(expire(state).state);
      run({ type: 'switch' }, Date.parse(state.updated_at) + 100);
      run({ type: 'cancel', reason: 'rain' }, Date.parse(state.updated_at) + 200);
      expect(state.version).to.be.at.least(5);
    }
  });
});
