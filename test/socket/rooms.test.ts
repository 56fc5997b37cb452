import { expect } from 'chai';
import { type App } from '../../server/app.ts';
import { chess } from '../kit/games.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import type { TestClient } from '../kit/socket-client.ts';

describe('rooms', () => {
  let cluster: Cluster;
  let app: App;
  let player: TestClient;
  let watcher: TestClient;
  let fences = 0;
  before(async () => {
    cluster = await openCluster();
    app = await cluster.instance();
    player = await cluster.client(app);
    watcher = await cluster.client(app);
  });
  after(() => cluster.close());

  /** Everything that was sent to the room before has reached `client` when this resolves. */
  const fence = async (client: TestClient, session_id: string) => {
    const message = { fence: ++fences };
    await player.ok('session:message', { session_id, message });
    await client.next('session:message', (event) => JSON.stringify(event.message) === JSON.stringify(message));
  };

  it('R-1 a join returns the present state, and later updates reach the socket', async () => {
    const created = await player.ok('session:create', chess());
    const { session_id } = created;
    expect(await watcher.ok('session:join', { session_id })).to.deep.equal({ state: created, missed: null });
    const state = await player.ok('session:start', { session_id });
    const update = await watcher.next('session:update', (event) => event.session_id === session_id);
    expect(update).to.deep.include({ session_id, epoch: state.epoch, version: 2, event_type: 'session_started', state });
  });

  it('R-2 a join returns how many versions were missed', async () => {
    const { session_id, epoch } = await player.ok('session:create', chess());
    await player.ok('session:start', { session_id });
    for (let i = 0; i < 3; i++) await player.ok('session:switch', { session_id });
    const missed = async (last_known_version?: number, last_known_epoch?: number) =>
      (await watcher.ok('session:join', { session_id, last_known_version, last_known_epoch })).missed;
    expect(await missed()).to.equal(null);
    expect(await missed(1)).to.equal(4);
    expect(await missed(1, epoch)).to.equal(4);
    expect(await missed(5, epoch)).to.equal(0);
    expect(await missed(0)).to.equal(5);
    expect(await missed(1, epoch - 1)).to.equal(null);
    expect(await missed(undefined, epoch)).to.equal(null);
    expect((await watcher.ok('session:join', { session_id })).state.version).to.equal(5);
  });

  it('R-3 a join of a session that does not exist is refused and enters no room', async () => {
    const { session_id } = chess();
    await watcher.refused('SESSION_NOT_FOUND', 'session:join', { session_id });
    await player.ok('session:create', chess({ session_id }));
    await player.ok('session:start', { session_id });
    await fence(player, session_id);
    expect(watcher.seen('session:update').filter((event) => event.session_id === session_id)).to.deep.equal([]);
  });

  it('R-4 a socket that has left a room gets nothing more, and may leave twice', async () => {
    const { session_id } = await player.ok('session:create', chess());
    const witness = await cluster.client(app);
    await watcher.ok('session:join', { session_id });
    await witness.ok('session:join', { session_id });
    expect(await watcher.ok('session:leave', { session_id })).to.deep.equal({});
    await player.ok('session:start', { session_id });
    await fence(witness, session_id);
    // The answer to a later command comes behind everything that was sent before.
    expect(await watcher.ok('session:leave', { session_id })).to.deep.equal({});
    expect(watcher.seen('session:update').filter((event) => event.session_id === session_id)).to.deep.equal([]);
    expect(await watcher.ok('session:leave', chessId())).to.deep.equal({});
  });
  const chessId = () => ({ session_id: chess().session_id });

  it('R-5 a message reaches the whole room unchanged, and makes no version', async () => {
    const { session_id } = await player.ok('session:create', chess());
    await watcher.ok('session:join', { session_id });
    for (const message of ['hello', 0, false, '', [1, null, { a: [] }], { __proto__x: 1, nested: { 'ü€': null } }]) {
      expect(await player.ok('session:message', { session_id, message })).to.deep.equal({});
      for (const client of [watcher, player]) {
        const event = await client.next('session:message', (one) => one.session_id === session_id);
        expect(event).to.have.all.keys('session_id', 'message', 'arrived_at_ms', 'server_time_ms');
        expect(event.message).to.deep.equal(message);
      }
    }
    expect((await player.ok('session:get', { session_id })).version).to.equal(1);
  });

  it('R-6 a deletion is sent to the room, which is empty afterwards', async () => {
    const { session_id, epoch } = await player.ok('session:create', chess());
    await watcher.ok('session:join', { session_id });
    await player.ok('session:start', { session_id });
    await player.ok('session:delete', { session_id });
    const told = await watcher.next('session:deleted', (event) => event.session_id === session_id);
    expect(told).to.have.all.keys('session_id', 'epoch', 'version', 'server_time_ms');
    expect(told).to.include({ session_id, epoch, version: 3 });
    expect(watcher.seen('session:update').map(({ version }) => version)).to.include(2);

    // Whoever uses the id again plays another game, which the old audience is not part of.
    const next = await player.ok('session:create', chess({ session_id }));
    expect(next.epoch).to.be.greaterThan(epoch);
    await player.ok('session:start', { session_id });
    await fence(player, session_id);
    await watcher.ok('time:sync', {});
    const heard = watcher.seen('session:update').filter((event) => event.session_id === session_id);
    expect(heard.filter((event) => event.epoch === next.epoch)).to.deep.equal([]);
  });

  it('R-7 a room gets nothing that is sent to another room', async () => {
    const one = await player.ok('session:create', chess());
    const two = await player.ok('session:create', chess());
    const listener = await cluster.client(app);
    await listener.ok('session:join', { session_id: one.session_id });
    await player.ok('session:start', { session_id: two.session_id });
    await player.ok('session:start', { session_id: one.session_id });
    await fence(listener, one.session_id);
    expect(listener.seen('session:update').map(({ session_id }) => session_id)).to.deep.equal([one.session_id]);
  });

  it('R-8 ids of each length have working rooms, although the adapter takes a name of twenty characters for a socket', async () => {
    for (let length = 14; length <= 22; length++) {
      const session_id = `r8-${length}-`.padEnd(length, 'x');
      await player.ok('session:create', chess({ session_id }));
      await watcher.ok('session:join', { session_id });
      await player.ok('session:start', { session_id });
      await watcher.next('session:update', (event) => event.session_id === session_id);
    }
  });

  it('R-9 a socket can be in several rooms, and leaves all of them when it disconnects', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, async () => (await player.ok('session:create', chess())).session_id));
    const listener = await cluster.client(app);
    await Promise.all(ids.map((session_id) => listener.ok('session:join', { session_id })));
    await Promise.all(ids.map((session_id) => player.ok('session:start', { session_id })));
    for (const session_id of ids) await listener.next('session:update', (event) => event.session_id === session_id);
    listener.close();
    await Promise.all(ids.map((session_id) => player.ok('session:switch', { session_id })));
  });

  it('R-10 a join that fails does not undo a concurrent one', async () => {
    const { session_id } = await player.ok('session:create', chess());
    const listener = await cluster.client(app);
    // Sent in one go: whichever is served first, the one that was acknowledged counts.
    const [refused, joined] = await Promise.all([
      listener.command('session:create', chess({ session_id })),
      listener.command('session:join', { session_id }),
    ]);
    expect([refused.ok, joined.ok]).to.deep.equal([false, true]);
    await player.ok('session:start', { session_id });
    await listener.next('session:update', (event) => event.session_id === session_id);
  });

  it('R-11 join, leave and join sent at once end in the room; join and leave end outside', async () => {
    const { session_id } = await player.ok('session:create', chess());
    const [inside, outside] = [await cluster.client(app), await cluster.client(app)];
    await Promise.all([
      inside.ok('session:join', { session_id }),
      inside.ok('session:leave', { session_id }),
      inside.ok('session:join', { session_id }),
      outside.ok('session:join', { session_id }),
      outside.ok('session:leave', { session_id }),
    ]);
    await player.ok('session:start', { session_id });
    await inside.next('session:update', (event) => event.session_id === session_id);
    await outside.ok('time:sync', {});
    expect(outside.seen('session:update')).to.deep.equal([]);
  });
});
