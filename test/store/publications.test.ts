import { expect } from 'chai';
import type { SessionState } from '#contract';
import { partitionOf } from '../../server/domain/partitions.ts';
import { createLogger } from '../../server/observability/logger.ts';
import { incarnationOf } from '../../server/engine/incarnation.ts';
import { connectRedis, type RedisClient } from '../../server/store/connection.ts';
import { chess } from '../kit/games.ts';
import { until } from '../kit/until.ts';
import { creation, type StoreFixture, next, openStoreFixture, proposal } from './store-fixture.ts';

describe('what a commit tells other instances', () => {
  let fixture: StoreFixture;
  let listener: RedisClient;
  const heard: string[] = [];
  const channel = 'told#{1}#';
  /** A session of the partition that the channel is of, as the commit script needs on a cluster. */
  const sessionId = () => {
    for (;;) {
      const { session_id } = chess();
      if (partitionOf(session_id) === 1) return session_id;
    }
  };

  before(async () => {
    fixture = await openStoreFixture();
    listener = connectRedis(fixture.url, 'blocking', 'listener', createLogger('silent', 'test'), { subscriber: true });
    listener.on('smessage', (_channel: string, message: string) => heard.push(message));
    await listener.ssubscribe(channel);
  });
  after(() => {
    listener.disconnect();
    fixture.close();
  });
  beforeEach(() => heard.splice(0));

  /** Everything published so far has arrived when this has. */
  async function heardSoFar(): Promise<string[]> {
    await fixture.redis.spublish(channel, 'the end');
    await until('the end', async () => heard.at(-1) === 'the end');
    return heard.slice(0, -1);
  }

  it('P-10 the commit itself publishes its messages, in order, with the state in its place and without the number of its form', async () => {
    const event = creation(await fixture.now(), sessionId());
    const publications = () => [
      { channel, head: '{"update":', tail: ',"more":1}' },
      { channel, head: 'as it is', tail: '' },
    ];
    expect(await fixture.store.commit(proposal(null, event, { publications }))).to.include({ outcome: 'committed' });
    const [update, other, ...more] = await heardSoFar();
    expect(JSON.parse(update ?? '')).to.deep.equal({ update: JSON.parse(JSON.stringify(event.state)) as SessionState, more: 1 });
    expect([other, ...more]).to.deep.equal(['as it is']);
  });

  it('P-11 a commit that fails publishes nothing', async () => {
    const { state } = creation(await fixture.now(), sessionId());
    await fixture.store.commit(proposal(null, { ...creation(await fixture.now(), state.session_id) }));
    const publications = () => [{ channel, head: 'never', tail: '' }];
    const late = next(state, 'start', await fixture.now());
    const result = await fixture.store.commit(proposal({ ...state, version: 7 }, late, { publications }));
    expect(result).to.include({ outcome: 'conflict' });
    expect(await heardSoFar()).to.deep.equal([]);
  });

  it('P-12 a message is not published for a session that was deleted, was replaced, or is not at the expected version any more', async () => {
    const event = creation(await fixture.now(), sessionId());
    const { epoch } = event.state;
    await fixture.store.commit(proposal(null, event));
    const relay = (head: string, state: { epoch: number; version: number }, expectedVersion?: number) =>
      fixture.store.relay({ ...event.state, ...state }, { channel, head, tail: '' }, { expectedVersion });
    expect(await relay('as read', { epoch, version: 1 }, 1)).to.equal(true);
    const started = next(event.state, 'start', await fixture.now());
    await fixture.store.commit(proposal(event.state, started));
    expect(await relay('guarded', { epoch, version: 1 }, 1)).to.equal(false);
    expect(await relay('of another session', { epoch: epoch - 1, version: 2 })).to.equal(false);
    expect(await relay('read before', { epoch, version: 1 })).to.equal(true);
    await fixture.store.commit(proposal(started.state, next(started.state, 'delete', await fixture.now())));
    expect(await relay('deleted', { epoch, version: 3 }, 3)).to.equal(false);
    expect(await heardSoFar()).to.deep.equal(['as read', 'read before']);
  });

  it('P-13 a message is published and its command_id stored, or neither', async () => {
    const event = creation(await fixture.now(), sessionId());
    const { session_id, epoch } = event.state;
    await fixture.store.commit(proposal(null, event));
    const command = { id: 'once', fingerprint: 'f', rememberMs: 60_000 };
    const relay = (head: string, ofEpoch = epoch) =>
      fixture.store.relay({ ...event.state, epoch: ofEpoch }, { channel, head, tail: '' }, { command });
    const remembered = async () => (await fixture.store.load(session_id, { id: 'once' })).command;
    expect(await relay('of another session', epoch - 1)).to.equal(false);
    expect(await remembered()).to.equal(null);
    expect(await relay('first')).to.equal(true);
    expect(await remembered()).to.deep.equal({ fingerprint: 'f', version: 1, incarnation: incarnationOf(event.state) });
    expect(await relay('second')).to.equal(false);
    expect(await heardSoFar()).to.deep.equal(['first']);
  });
});
