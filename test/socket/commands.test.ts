import { expect } from 'chai';
import { type App } from '../../server/app.ts';
import { BANK_MS, chess } from '../kit/games.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import type { TestClient } from '../kit/socket-client.ts';
import { withState } from '../kit/updates.ts';

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe('commands over a socket', () => {
  let cluster: Cluster;
  let app: App;
  let player: TestClient;
  before(async () => {
    cluster = await openCluster();
    app = await cluster.instance();
    player = await cluster.client(app);
  });
  after(() => cluster.close());

  it('C-1 a success carries its data and the time of the server', async () => {
    const reply = await player.success('session:create', chess());
    expect(reply).to.have.all.keys('ok', 'data', 'server_time_ms');
    expect(reply.server_time_ms).to.satisfy(Number.isInteger);
    expect(reply.server_time_ms - Date.now()).to.be.within(-2_000, 2_000);
  });

  it('C-10 session:create answers the whole state', async () => {
    const given = chess({ metadata: { event: 'club night' }, increment_ms: 2_000, warning_thresholds_ms: [] });
    const state = await player.ok('session:create', given);
    const fields = [
      'session_id sync_mode status version epoch total_time_ms time_per_cycle_ms increment_ms max_time_ms active_participant_id',
      'active_group_id cycle_started_at cycle_time_used_ms cycle_count deadline_at session_started_at session_completed_at created_at',
      'updated_at action_on_timeout auto_advance outage_policy warning_thresholds_ms participants groups metadata',
    ];
    expect(state).to.have.all.keys(fields.flatMap((line) => line.split(' ')));
    expect(state).to.deep.include({
      session_id: given.session_id,
      status: 'pending',
      version: 1,
      metadata: { event: 'club night' },
      increment_ms: 2_000,
    });
    expect(state.created_at).to.match(ISO);
    expect(state.epoch).to.equal(Date.parse(state.created_at));
    expect(state.participants[0]).to.deep.equal({
      participant_id: 'white',
      participant_index: 0,
      group_id: null,
      total_time_ms: BANK_MS,
      time_used_ms: 0,
      time_remaining_ms: BANK_MS,
      cycle_count: 0,
      is_active: false,
      has_expired: false,
      has_gone: false,
    });
  });

  it('C-10 session:create fills in a UUIDv7 where no id is given', async () => {
    const { session_id } = await player.ok('session:create', { ...chess(), session_id: undefined });
    expect(session_id).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('C-10 session:create puts the creating socket into the room', async () => {
    const { session_id } = await player.ok('session:create', chess());
    await player.ok('session:start', { session_id });
    const update = await player.next('session:update', (event) => event.session_id === session_id);
    expect(update).to.include({ version: 2, event_type: 'session_started' });
  });

  it('C-11 each command of a whole game answers the state, and the room is told of each version once', async () => {
    const { session_id, epoch } = await player.ok('session:create', chess());
    const watcher = await cluster.client(app);
    await watcher.ok('session:join', { session_id });
    expect(await player.ok('session:start', { session_id })).to.include({ status: 'running', version: 2, active_participant_id: 'white' });
    expect(await player.ok('session:switch', { session_id })).to.include({ status: 'running', version: 3, active_participant_id: 'black' });
    expect(await player.ok('session:pause', { session_id })).to.include({ status: 'paused', version: 4, cycle_started_at: null });
    expect(await player.ok('session:resume', { session_id })).to.include({ status: 'running', version: 5 });
    expect(await player.ok('session:complete', { session_id })).to.include({ status: 'completed', version: 6 });
    expect(await player.ok('session:get', { session_id })).to.include({ status: 'completed', version: 6 });
    expect(await player.ok('session:delete', { session_id })).to.deep.equal({});

    expect(await watcher.next('session:deleted')).to.include({ session_id, epoch, version: 7 });
    const updates = watcher.seen('session:update').map(withState);
    expect(updates.map(({ version, event_type }) => [version, event_type])).to.deep.equal([
      [2, 'session_started'],
      [3, 'cycle_switched'],
      [4, 'session_paused'],
      [5, 'session_resumed'],
      [6, 'session_completed'],
    ]);
    for (const update of updates) {
      expect(update).to.have.all.keys('session_id', 'epoch', 'version', 'event_type', 'state', 'server_time_ms');
      expect(update).to.include({ session_id, epoch });
      expect(update.state).to.include({ version: update.version, epoch });
      expect(update.server_time_ms).to.satisfy(Number.isInteger);
    }
  });

  it('C-12 session:switch answers the switch result', async () => {
    const { session_id, epoch } = await player.ok('session:create', chess());
    await player.ok('session:start', { session_id });
    const result = await player.ok('session:switch', { session_id, current_participant_id: 'white', next_participant_id: 'black' });
    const fields = 'session_id epoch version status active_participant_id active_group_id cycle_started_at participants';
    expect(result).to.have.all.keys(fields.split(' '));
    expect(result).to.include({ session_id, epoch, version: 3, status: 'running', active_participant_id: 'black', active_group_id: null });
    expect(result.cycle_started_at).to.match(ISO);
    expect(result.participants.map(({ is_active }) => is_active)).to.deep.equal([false, true]);
  });

  it('C-13 session:cancel ends the session', async () => {
    const { session_id } = await player.ok('session:create', chess());
    expect(await player.ok('session:cancel', { session_id, reason: 'nobody came' })).to.include({ status: 'cancelled', version: 2 });
  });

  it('C-14 session:delete succeeds where the session does not exist', async () => {
    const { session_id } = chess();
    expect(await player.ok('session:delete', { session_id })).to.deep.equal({});
    expect(await player.ok('session:delete', { session_id, expected_version: 4 })).to.deep.equal({});
  });

  it('C-14 after session:delete no other command finds the session', async () => {
    const { session_id } = await player.ok('session:create', chess());
    await player.ok('session:delete', { session_id });
    for (const name of ['session:get', 'session:join', 'session:start', 'session:switch', 'session:complete'] as const) {
      await player.refused('SESSION_NOT_FOUND', name, { session_id });
    }
    await player.refused('SESSION_NOT_FOUND', 'session:message', { session_id, message: 1 });
  });

  it('C-15 a create with a used id is refused, and the running session does not change', async () => {
    const { session_id } = await player.ok('session:create', chess());
    const running = await player.ok('session:start', { session_id });
    const error = await player.refused('SESSION_EXISTS', 'session:create', chess({ session_id }));
    expect(error.retryable).to.equal(false);
    expect(await player.ok('session:get', { session_id })).to.deep.equal(running);
  });

  it('C-16 a second start is refused, and so is a switch before the first one', async () => {
    const { session_id } = await player.ok('session:create', chess());
    const early = await player.refused('INVALID_STATE_TRANSITION', 'session:switch', { session_id });
    expect(early.message).to.equal('Cannot switch: session is pending');
    expect(early.details).to.include({ status: 'pending' });
    const [one, two] = await Promise.all([
      player.command('session:start', { session_id }),
      player.command('session:start', { session_id }),
    ]);
    expect([one.ok, two.ok]).to.have.members([false, true]);
    await player.refused('INVALID_STATE_TRANSITION', 'session:start', { session_id });
  });

  it('C-17 session:history without a trail says that there is none', async () => {
    const { session_id } = await player.ok('session:create', chess());
    await player.refused('SERVICE_UNAVAILABLE', 'session:history', { session_id });
  });

  it('C-18 time:sync answers the timestamps of NTP by the clock of Redis', async () => {
    const before = await cluster.redis().time();
    const data = await player.ok('time:sync', { client_time_ms: 12.75 });
    const after = await cluster.redis().time();
    expect(data).to.have.all.keys('client_time_ms', 'server_receive_time_ms', 'server_send_time_ms', 'error_bound_ms');
    expect(data.client_time_ms).to.equal(12.75);
    expect(data.server_send_time_ms).to.be.at.least(data.server_receive_time_ms);
    const toMs = ([seconds, micros]: (string | number)[]) => Number(seconds) * 1000 + Number(micros) / 1000;
    expect(data.server_receive_time_ms).to.be.at.least(toMs(before) - data.error_bound_ms - 1);
    expect(data.server_send_time_ms).to.be.at.most(toMs(after) + data.error_bound_ms + 1);
    expect(data.error_bound_ms).to.be.within(0, 50);
    expect((await player.ok('time:sync', {})).client_time_ms).to.equal(null);
  });
});
