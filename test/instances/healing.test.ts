import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import type { SessionState } from '#contract';
import { createKeys } from '../../server/store/keys.ts';
import { tamper } from '../kit/stored.ts';
import { createSessionStore } from '../../server/store/session-store.ts';
import { chess } from '../kit/games.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { startOwnRedis } from '../kit/services.ts';
import type { TestClient } from '../kit/socket-client.ts';
import { withState } from '../kit/updates.ts';
import { next, proposal } from '../store/store-fixture.ts';

/** Five seconds are promised on a machine that has time for it. */
const HEALED_WITHIN_MS = 20_000;

type Session = { session_id: string };

/** All of them lose their update at about the same moment, since each would have to be waited for as long. */
describe('a room whose update was lost', () => {
  let cluster: Cluster;
  let player: TestClient;
  let other: TestClient;
  let behind: SessionState[];
  let upToDate: Session;
  let deleted: SessionState;
  let besideUnreadable: Session;
  let unsubscribed: Session;
  let busy: Session;
  const moving = new AbortController();
  let moves: Promise<void>;

  before(async () => {
    const redis = await startOwnRedis();
    cluster = await openCluster({ REDIS_URL: redis.url });
    player = await cluster.client(await cluster.instance());
    other = await cluster.client(await cluster.instance());
    const create = () => player.ok('session:create', chess());

    const { session_id } = await create();
    unsubscribed = { session_id };
    await other.ok('session:join', { session_id });
    await breakSubscriptions();
    await player.ok('session:start', { session_id });

    behind = await Promise.all(Array.from({ length: 30 }, create));
    for (const state of behind) await commitSilently(await commitSilently(state, 'start'), 'switch');

    upToDate = await create();
    await player.ok('session:start', { session_id: upToDate.session_id });

    deleted = await create();
    await commitSilently(deleted, 'delete');

    const spoilt = await create();
    const key = createKeys(cluster.settings.KEY_PREFIX).session(spoilt.session_id).session;
    await commitSilently(spoilt, 'start');
    await tamper(cluster.redis(), key, {}, 'spoilt');
    besideUnreadable = await commitSilently(await create(), 'start');

    let state = await commitSilently(await create(), 'start');
    busy = state;
    moves = (async () => {
      while (!moving.signal.aborted) {
        state = await commitSilently(state, 'switch');
        await nextTurn();
      }
    })();
  });
  after(async () => {
    moving.abort();
    await moves;
    await cluster.close();
  });

  /** Commits as an instance does that dies before it can tell anybody. */
  const commitSilently = async (state: SessionState, type: 'start' | 'switch' | 'delete') => {
    const [seconds, micros] = await cluster.redis().time();
    const event = next(state, type, Number(seconds) * 1000 + Math.floor(Number(micros) / 1000));
    const result = await createSessionStore(cluster.redis(), cluster.settings.KEY_PREFIX).commit(proposal(state, event));
    expect(result.outcome).to.equal('committed');
    return event.state;
  };

  /** Both instances lose what they are subscribed to, until their connections have come back. */
  const breakSubscriptions = async () => {
    const clients = (await cluster.redis().client('LIST')) as string;
    const lines = clients.split('\n').filter((line) => line.includes('name=synckairos-subscriber'));
    expect(lines).to.have.length(2);
    for (const line of lines) await cluster.redis().client('KILL', 'ID', /^id=(\d+)/.exec(line)?.[1] ?? '');
  };

  const updateOf = ({ session_id }: Session, client = player, deadlineMs = HEALED_WITHIN_MS) =>
    client.next('session:update', (event) => event.session_id === session_id, deadlineMs);

  it('R-40 a room that is behind is sent the state with the type of the last event within five seconds, even if many are behind at once', async () => {
    for (const { session_id, epoch } of behind) {
      const healed = await updateOf({ session_id });
      expect(healed).to.deep.include({ session_id, epoch, version: 3, event_type: 'cycle_switched' });
      expect(withState(healed).state).to.deep.equal(await player.ok('session:get', { session_id }));
      expect(healed.server_time_ms).to.satisfy(Number.isInteger);
    }
  });

  it('R-40 a room that is up to date is sent nothing', async () => {
    const heard = player.seen('session:update').filter((event) => event.session_id === upToDate.session_id);
    expect(heard.map(({ version }) => version)).to.deep.equal([2]);
  });

  it('R-41 a room that missed a deletion is told of it, and is empty afterwards', async () => {
    const { session_id, epoch } = deleted;
    const told = await player.next('session:deleted', (event) => event.session_id === session_id, HEALED_WITHIN_MS);
    expect(told).to.include({ version: 2, epoch });
    const again = await other.ok('session:create', chess({ session_id }));
    await other.ok('session:start', { session_id });
    await updateOf(again, other);
    await player.ok('time:sync', {});
    expect(player.seen('session:update').filter((event) => event.session_id === session_id)).to.deep.equal([]);
  });

  it('R-42 a room is healed even if another session is unreadable', async () => {
    expect((await updateOf(besideUnreadable)).version).to.equal(2);
  });

  it('R-43 a room is healed after the connection for subscriptions broke, which recovers by itself', async () => {
    expect((await updateOf(unsubscribed, other)).version).to.equal(2);
    await player.ok('session:switch', { session_id: unsubscribed.session_id });
    expect((await updateOf(unsubscribed, other)).version).to.equal(3);
  });

  it('R-44 a room is never behind for long, even if every update of a running game is lost', async () => {
    expect((await updateOf(busy)).version).to.be.greaterThan(2);
  });
});
