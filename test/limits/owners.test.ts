import { expect } from 'chai';
import { createOwnedSessions } from '../../server/store/owned-sessions.ts';
import { chess } from '../kit/games.ts';
import { keysLike } from '../kit/redis.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { creation, type StoreFixture, next, openStoreFixture, proposal } from '../store/store-fixture.ts';

describe('the sessions that one owner may have', () => {
  describe('seen by clients', () => {
    let cluster: Cluster;
    beforeEach(async () => {
      cluster = await openCluster({ LIMIT_SESSIONS_PER_OWNER: '3' });
    });
    afterEach(() => cluster.close());

    const sessions = () => keysLike(cluster.redis(), `${cluster.settings.KEY_PREFIX}:*:s/*`);
    const stopwatch = (session_id: string) => ({ session_id, sync_mode: 'count_up' as const });

    it('Q-60 two creates of one id at once get no session past the limit, on one instance or on two', async () => {
      const apps = [await cluster.instance(), await cluster.instance()] as const;
      const [one, other] = [await cluster.client(apps[0]), await cluster.client(apps[1])];
      for (let made = 0; made < 3; made++) await one.ok('session:create', chess());
      for (let pair = 0; pair < 20; pair++) {
        const payload = stopwatch(`pair-${pair}`);
        const second = pair % 2 === 0 ? one : other;
        const replies = await Promise.all([one.raw('session:create', payload), second.raw('session:create', payload)]);
        expect(replies.map((reply) => reply.ok)).to.deep.equal([false, false]);
      }
      expect(await sessions()).to.have.length(3);
    });

    it('Q-61 a refused create does not free the place of another create of its id', async () => {
      const app = await cluster.instance();
      const player = await cluster.client(app);
      for (let pair = 0; pair < 20; pair++) {
        const session_id = `pair-${pair}`;
        // Without participants there is nobody to have a clock.
        const invalid = { session_id, sync_mode: 'per_participant' as const };
        await Promise.all([player.raw('session:create', invalid), player.raw('session:create', stopwatch(session_id))]);
      }
      expect(await sessions()).to.have.length(3);
    });

    it('Q-61 a create that is repeated keeps its one place', async () => {
      const app = await cluster.instance();
      const player = await cluster.client(app);
      const create = { ...stopwatch('again'), command_id: 'create' };
      for (let times = 0; times < 5; times++) await player.ok('session:create', create);
      await player.ok('session:create', stopwatch('second'));
      await player.ok('session:create', stopwatch('third'));
      await player.refused('RATE_LIMIT_EXCEEDED', 'session:create', stopwatch('fourth'));
      await player.ok('session:cancel', { session_id: 'again' });
      await player.ok('session:create', stopwatch('fourth'));
      await player.refused('RATE_LIMIT_EXCEEDED', 'session:create', stopwatch('fifth'));
    });
  });

  describe('in Redis', () => {
    let fixture: StoreFixture;
    let now: number;
    beforeEach(async () => {
      fixture = await openStoreFixture();
      now = await fixture.now();
    });
    afterEach(() => fixture.close());

    const places = () => createOwnedSessions(fixture.redis, { keyPrefix: fixture.prefix, limit: 1, store: fixture.store, now: () => now });
    const make = async (session_id: string) => {
      const event = creation(await fixture.now(), session_id);
      await fixture.store.commit(proposal(null, event));
      return event.state;
    };

    it('Q-62 a claim whose create never finished ends by itself', async () => {
      expect(await places().claim('anna', 'crashed')).not.to.equal(null);
      expect(await places().claim('anna', 'next')).to.equal(null);
      now += 11_000;
      expect(await places().claim('anna', 'next')).not.to.equal(null);
      expect(await places().claim('anna', 'third')).to.equal(null);
    });

    it('Q-62 a claim ends if its create met an existing session', async () => {
      await make('foreign');
      now += 60_000;
      expect(await places().claim('anna', 'foreign')).not.to.equal(null);
      expect(await places().claim('anna', 'own')).to.equal(null);
      now += 11_000;
      expect(await places().claim('anna', 'own')).not.to.equal(null);
    });

    it('Q-63 a session that took longer to make than its claim lasts is counted all the same', async () => {
      const slow = await places().claim('anna', 'slow');
      now += 11_000;
      const other = await places().claim('anna', 'other');
      await make('slow');
      await slow?.keep();
      await other?.release();
      expect(await places().claim('anna', 'third')).to.equal(null);
    });

    it('Q-64 a session that ended frees its place, and a late release takes nobody else’s', async () => {
      const first = await places().claim('anna', 'game');
      const state = await make('game');
      expect(await places().claim('anna', 'other')).to.equal(null);
      await fixture.store.commit(proposal(state, next(state, 'delete', await fixture.now())));
      const second = await places().claim('anna', 'other');
      expect(second).not.to.equal(null);
      await first?.release();
      expect(await places().claim('anna', 'third')).to.equal(null);
    });
  });
});
