import { expect } from 'chai';
import type { SessionState } from '#contract';
import { shareParticipants } from '../../server/domain/changes.ts';
import { create } from '../../server/domain/create.ts';
import { decodeState, SCHEMA } from '../../server/domain/schema.ts';
import { type CommitResult, type LiveSession, UnreadableStateError } from '../../server/engine/ports.ts';
import { createSessionStore } from '../../server/store/session-store.ts';
import { chess } from '../kit/games.ts';
import { lookInto } from '../kit/redis.ts';
import { type StoreFixture, next, openStoreFixture, proposal } from './store-fixture.ts';
import { entriesOf } from '../kit/stored.ts';

const COUNT = 200;

describe('a session of many participants', () => {
  let fixture: StoreFixture;
  let session: LiveSession;

  before(async () => {
    fixture = await openStoreFixture();
  });
  after(() => fixture.close());

  const participants = Array.from({ length: COUNT }, (_, n) => ({ participant_id: `p-${n}`, total_time_ms: 600_000 }));
  const fieldsOf = (id: string) => fixture.redis.hgetall(fixture.keys.session(id).pieces);
  const load = async (id: string) => (await fixture.store.load(id)).session as LiveSession;
  const newestInOutbox = async (id: string) => {
    const entries = await entriesOf(fixture.redis, fixture.prefix, id);
    return decodeState(entries.at(-1)?.state ?? '', SCHEMA) as SessionState;
  };

  /** Commits the next event as an engine would. */
  async function commit(type: 'start' | 'switch' | 'delete', base = session, store = fixture.store): Promise<CommitResult> {
    const event = next(base.state, type, await fixture.now());
    shareParticipants(base.state, event.state);
    return store.commit({ ...proposal(base.state, event), base });
  }

  beforeEach(async () => {
    const made = create(chess({ participants }), await fixture.now());
    if (!made.ok) throw new Error(made.message);
    await fixture.store.commit(proposal(null, made.event));
    session = await load(made.event.state.session_id);
    await commit('start');
    session = await load(session.state.session_id);
  });

  it('S-10 a load returns the record of a command if and only if it returns the effect of that command', async () => {
    const other = lookInto(fixture.url);
    try {
      for (let round = 0; round < 30; round++) {
        const event = next(session.state, 'switch', await fixture.now());
        shareParticipants(session.state, event.state);
        const id = `turn-${round}`;
        const command = { id, fingerprint: 'f', rememberMs: 60_000 };
        const reader = fixture.storeOver(other);
        const { session_id, version } = session.state;
        const looking = Array.from({ length: 8 }, () => reader.load(session_id, { id }));
        const committing = fixture.store.commit({ ...proposal(session.state, event, { command }), base: session });
        const [looks] = await Promise.all([Promise.all(looking), committing]);
        for (const look of looks) expect(look.session?.version).to.equal(look.command === null ? version : version + 1);
        session = await load(session_id);
      }
    } finally {
      other.disconnect();
    }
  });

  it('S-25 a session in pieces is read as it was written, and is whole in the outbox', async () => {
    const { session_id } = session.state;
    expect(Object.keys(await fieldsOf(session_id))).to.have.members(Array.from({ length: 7 }, (_, piece) => `p${piece}`));
    for (let turn = 0; turn < 40; turn++) {
      const event = next(session.state, 'switch', await fixture.now());
      shareParticipants(session.state, event.state);
      const whole = JSON.parse(JSON.stringify(event.state)) as SessionState;
      expect(await fixture.store.commit({ ...proposal(session.state, event), base: session })).to.include({ outcome: 'committed' });
      session = await load(session_id);
      expect(session.state).to.deep.equal(whole);
      expect(await newestInOutbox(session_id)).to.deep.equal(whole);
    }
  });

  it('S-26 a commit writes only pieces in which something is new', async () => {
    const { session_id } = session.state;
    const before = await fieldsOf(session_id);
    // A leading space changes no JSON and shows which pieces were not written again.
    for (const piece of [0, 1, 3, 6])
      await fixture.redis.hset(fixture.keys.session(session_id).pieces, `p${piece}`, ` ${before[`p${piece}`]}`);
    await commit('switch');
    const after = await fieldsOf(session_id);
    expect(after['p0']?.startsWith(' ')).to.equal(false);
    for (const piece of [1, 3, 6]) expect(after[`p${piece}`]).to.equal(` ${before[`p${piece}`]}`);
    expect((await load(session_id)).state.active_participant_id).to.equal('p-1');
  });

  it('S-26 a commit writes all pieces if those in Redis are unknown: after an unknown commit, or in another form', async () => {
    const { session_id } = session.state;
    const key = fixture.keys.session(session_id).pieces;
    const spoil = async () => fixture.redis.hset(key, 'p6', ` ${(await fieldsOf(session_id))['p6']}`);
    await spoil();
    await commit('switch', { ...session, token: null });
    expect((await fieldsOf(session_id))['p6']?.startsWith(' ')).to.equal(false);
    await spoil();
    const newer = createSessionStore(fixture.redis, fixture.prefix, { writes: 2, reads: 2, upgrade: (state) => state });
    const upgraded = (await newer.load(session_id)).session as LiveSession;
    await commit('switch', upgraded, newer);
    expect((await fieldsOf(session_id))['p6']?.startsWith(' ')).to.equal(false);
  });

  it('S-27 a conflict on a session in pieces returns the whole state', async () => {
    await commit('switch');
    const now = await load(session.state.session_id);
    expect(await commit('switch')).to.deep.equal({ outcome: 'conflict', session: now });
  });

  it('HC-8 commands that lose a race together get a conflict without the session if it is in pieces, and change nothing', async () => {
    const { session_id } = session.state;
    await commit('switch');
    const before = await fixture.traces(session_id);
    const event = next(session.state, 'switch', await fixture.now());
    shareParticipants(session.state, event.state);
    const together = { ...proposal(session.state, event), base: session, commands: [undefined] };
    expect(await fixture.store.commit(together)).to.deep.equal({ outcome: 'behind' });
    expect(await fixture.traces(session_id)).to.deep.equal(before);
  });

  it('S-29 a session whose pieces are gone is unreadable, never one without participants, and no commit builds on it', async () => {
    const { session_id } = session.state;
    const keys = fixture.keys.session(session_id);
    await fixture.redis.del(keys.pieces);
    const before = await fixture.traces(session_id);
    const attempts = [load(session_id), commit('switch'), commit('switch', { ...session, version: 1 })];
    for (const attempt of await Promise.allSettled(attempts)) {
      expect(attempt).to.have.property('reason').that.is.instanceOf(UnreadableStateError);
    }
    expect(await fixture.traces(session_id)).to.deep.equal(before);
    expect(await fixture.redis.exists(keys.pieces)).to.equal(0);
  });

  it('S-28 a deletion leaves no piece of a session', async () => {
    await commit('delete');
    expect(Object.keys(await fieldsOf(session.state.session_id))).to.deep.equal([]);
    expect((await newestInOutbox(session.state.session_id)).participants).to.have.length(COUNT);
  });
});
