import { expect } from 'chai';
import type { SessionState } from '#contract';
import { type LiveSession, UnreadableStateError } from '../../server/engine/ports.ts';
import { lookInto } from '../kit/redis.ts';
import { factsIn, tamper } from '../kit/stored.ts';
import { incarnationOf } from '../../server/engine/incarnation.ts';
import { creation, type StoreFixture, next, openStoreFixture, proposal } from './store-fixture.ts';

describe('a commit', () => {
  let fixture: StoreFixture;
  before(async () => {
    fixture = await openStoreFixture();
  });
  after(() => fixture.close());

  const committed = async (): Promise<SessionState> => {
    const event = creation(await fixture.now());
    expect(await fixture.store.commit(proposal(null, event))).to.include({ outcome: 'committed' });
    return event.state;
  };

  /**
   * A connection that sends every script twice, as a client library does after a reconnect, with something in between.
   */
  const repeating = (between: () => Promise<void>) =>
    new Proxy(fixture.redis, {
      get(target, property) {
        const member: unknown = Reflect.get(target, property);
        if (typeof member !== 'function') return member;
        const call = member.bind(target) as (...args: unknown[]) => Promise<unknown>;
        if (property !== 'evalsha') return call;
        return async (...args: unknown[]) => {
          await call(...args);
          await between();
          return call(...args);
        };
      },
    });

  it('S-1 a commit writes the state, its place in the due set and its event together', async () => {
    const state = await committed();
    const { session_id } = state;
    const event = next(state, 'start', await fixture.now());
    const nextDue = Date.parse(event.state.deadline_at ?? '');
    await fixture.store.commit(proposal(state, event, { nextDue }));
    const { session } = await fixture.store.load(session_id);
    expect(session).to.deep.include({ version: 2, epoch: state.epoch, state: event.state });
    const { due } = await fixture.traces(session_id);
    expect(Number(due)).to.equal(nextDue);
    const facts = await factsIn(fixture.redis, fixture.keys.session(session_id).session);
    expect(facts).to.include({ version: '2', status: 'running', kind: 'session_started' });
    expect(await fixture.store.positions([session_id, 'nobody'])).to.deep.equal([
      { version: 2, epoch: state.epoch, status: 'running', event_type: 'session_started' },
      null,
    ]);
  });

  it('S-2 a commit on a version that was replaced changes nothing and returns the present session', async () => {
    const state = await committed();
    const now = await fixture.now();
    const event = next(state, 'start', now);
    await fixture.store.commit(proposal(state, event));
    const before = await fixture.traces(state.session_id);
    const command = { id: 'late', fingerprint: 'f', rememberMs: 60_000 };
    const late = await fixture.store.commit(proposal(state, next(state, 'start', now), { nextDue: now + 5, command }));
    expect(late).to.have.property('outcome', 'conflict');
    expect(late).to.have.nested.property('session.state').that.deep.equals(event.state);
    expect(await fixture.traces(state.session_id)).to.deep.equal(before);
    expect((await fixture.store.load(state.session_id, { id: 'late' })).command).to.equal(null);
  });

  it('S-2 a commit on the same version of another epoch is a conflict', async () => {
    const state = await committed();
    const result = await fixture.store.commit(proposal({ ...state, epoch: state.epoch - 1 }, next(state, 'start', await fixture.now())));
    expect(result.outcome).to.equal('conflict');
  });

  it('S-3 a commit of a new session never overwrites an existing one', async () => {
    const state = await committed();
    const before = await fixture.traces(state.session_id);
    const result = await fixture.store.commit(proposal(null, creation(await fixture.now(), state.session_id)));
    expect(result).to.have.property('outcome', 'conflict');
    expect(await fixture.traces(state.session_id)).to.deep.equal(before);
  });

  it('S-4 a deletion leaves only the facts that keep its epoch from being used again', async () => {
    const state = await committed();
    const { session_id } = state;
    await fixture.store.commit(proposal(state, next(state, 'delete', await fixture.now())));
    const { session } = await fixture.store.load(session_id);
    expect(session).to.deep.include({ version: 2, epoch: state.epoch, state: null });

    const sameEpoch = creation(await fixture.now(), session_id);
    sameEpoch.state.epoch = state.epoch;
    expect(await fixture.store.commit(proposal(null, sameEpoch))).to.deep.include({ outcome: 'conflict' });
    const greater = creation(await fixture.now(), session_id);
    greater.state.epoch = state.epoch + 1;
    expect(await fixture.store.commit(proposal(null, greater))).to.include({ outcome: 'committed' });
  });

  it('S-4 a session that comes from the trail a moment after its deletion is a conflict, and stays deleted', async () => {
    const state = await committed();
    const now = await fixture.now();
    await fixture.store.commit(proposal(state, next(state, 'delete', now)));
    const late = { ...state, version: state.version + 1, epoch: now + 10 };
    const event = { ...next(state, 'start', now), state: late };
    const result = await fixture.store.commit(proposal(state, event, { base: { version: 0, epoch: state.epoch } }));
    expect(result).to.include({ outcome: 'conflict' });
    expect((await fixture.store.load(state.session_id)).session?.state).to.equal(null);
  });

  it('S-5 a commit that is sent twice, because its reply was lost, has its effect once', async () => {
    const state = await committed();
    const before = await fixture.traces(state.session_id);
    const twice = repeating(async () => {});
    const event = next(state, 'start', await fixture.now());
    expect(await fixture.storeOver(twice).commit(proposal(state, event))).to.include({ outcome: 'committed' });
    const after = await fixture.traces(state.session_id);
    expect(after.outbox).to.equal(before.outbox + 1);
    expect((await factsIn(fixture.redis, fixture.keys.session(state.session_id).session)).version).to.equal('2');
  });

  it('S-5 a commit that is sent again after other commits has its effect once and returns its first result', async () => {
    const state = await committed();
    const before = await fixture.traces(state.session_id);
    const started = next(state, 'start', await fixture.now());
    let last = started.state;
    const again = repeating(async () => {
      for (let commit = 0; commit < 7; commit++) {
        const event = next(last, 'switch', await fixture.now());
        expect(await fixture.store.commit(proposal(last, event))).to.include({ outcome: 'committed' });
        last = event.state;
      }
    });
    expect(await fixture.storeOver(again).commit(proposal(state, started))).to.include({ outcome: 'committed' });
    const { session } = await fixture.store.load(state.session_id);
    expect(session).to.deep.include({ version: 9, state: last });
    expect((await fixture.traces(state.session_id)).outbox).to.equal(before.outbox + 8);
  });

  it('S-11 a commit on a session that another run of Redis wrote last is refused until it begins a new epoch', async () => {
    const state = await committed();
    const { session } = fixture.keys.session(state.session_id);
    const { redisRun } = await factsIn(fixture.redis, session);
    expect(redisRun).to.match(/^\w{16}$/);
    await tamper(fixture.redis, session, { ...(await factsIn(fixture.redis, session)), redisRun: 'another' });
    const before = await fixture.traces(state.session_id);
    const event = next(state, 'start', await fixture.now());
    expect(await fixture.store.commit(proposal(state, event))).to.deep.equal({ outcome: 'other_run' });
    expect(await fixture.traces(state.session_id)).to.deep.equal(before);
    event.state.epoch += 1;
    expect(await fixture.store.commit(proposal(state, event))).to.include({ outcome: 'committed' });
    expect((await factsIn(fixture.redis, session)).redisRun).to.equal(redisRun);
    expect(await fixture.store.commit(proposal(event.state, next(event.state, 'pause', await fixture.now())))).to.include({
      outcome: 'committed',
    });
  });

  it('S-6 a commit whose instant the clock of Redis contradicts is refused and changes nothing', async () => {
    const state = await committed();
    const before = await fixture.traces(state.session_id);
    const event = next(state, 'start', await fixture.now());
    for (const off of [2_000, 500, -3_500, -60_000]) {
      const instant = (await fixture.now()) + off;
      expect(await fixture.store.commit(proposal(state, event, { instant })), String(off)).to.deep.equal({ outcome: 'clock' });
    }
    const tooEarly = { notBefore: (await fixture.now()) + 1_000 };
    expect(await fixture.store.commit(proposal(state, event, tooEarly))).to.deep.equal({ outcome: 'clock' });
    expect(await fixture.traces(state.session_id)).to.deep.equal(before);
    const slightlyOff = { instant: (await fixture.now()) - 2_000 };
    expect(await fixture.store.commit(proposal(state, event, slightlyOff))).to.include({ outcome: 'committed' });
  });

  it('S-7 a commit stores its command_id, and a second commit with it is recognised before versions are compared', async () => {
    const state = await committed();
    const command = { id: 'once', fingerprint: 'f', rememberMs: 60_000 };
    const event = next(state, 'start', await fixture.now());
    await fixture.store.commit(proposal(state, event, { command }));
    const again = await fixture.store.commit(proposal(state, event, { command }));
    const record = { fingerprint: 'f', version: 2, incarnation: incarnationOf(state) };
    expect(again).to.deep.include({ outcome: 'repeated', command: record });
    expect(again).to.have.nested.property('session.version', 2);
    expect((await fixture.store.load(state.session_id, { id: 'once' })).command).to.deep.equal(record);
    expect(await fixture.store.remember(state, command)).to.equal(false);
  });

  it('S-7 the record of a command_id is found even if its session is gone', async () => {
    const state = await committed();
    const command = { id: 'gone', fingerprint: 'f', rememberMs: 60_000 };
    const event = next(state, 'start', await fixture.now());
    await fixture.store.commit(proposal(state, event, { command }));
    await fixture.redis.del(fixture.keys.session(state.session_id).session);
    expect(await fixture.store.commit(proposal(state, event, { command }))).to.deep.equal({
      outcome: 'repeated',
      session: null,
      command: { fingerprint: 'f', version: 2, incarnation: incarnationOf(state) },
    });
  });

  it('S-8 a malformed stored state is reported as unreadable', async () => {
    for (const spoilt of ['no json', 'null', '7', '[]', '{}', '{"participants":7}']) {
      const { session_id } = await committed();
      await tamper(fixture.redis, fixture.keys.session(session_id).session, {}, spoilt);
      const error: unknown = await fixture.store.load(session_id).catch((thrown: unknown) => thrown);
      expect(error, spoilt).to.be.instanceOf(UnreadableStateError);
    }
  });

  it('S-12 claiming a warning changes neither the state nor its lifetime in Redis', async () => {
    const state = await committed();
    const { session } = fixture.keys.session(state.session_id);
    // As many as there may be, and as long.
    const warnings = Array.from({ length: 10 }, (_, index) => 86_399_999 - index);
    await fixture.store.commit(proposal(state, next(state, 'start', await fixture.now()), { warnings, lifetimeMs: 50_000 }));
    const before = (await fixture.store.load(state.session_id)).session as LiveSession;
    const claimed = [86_399_990, 86_399_999];
    expect(await fixture.store.claimWarnings(before, claimed, null)).to.deep.equal(claimed);
    expect(await fixture.store.claimWarnings(before, claimed, null)).to.deep.equal([]);
    const after = (await fixture.store.load(state.session_id)).session;
    expect(after).to.deep.equal({ ...before, warnings: warnings.filter((threshold) => !claimed.includes(threshold)) });
    expect(await fixture.redis.pttl(session)).to.be.within(1, 50_000);
    expect(await fixture.store.positions([state.session_id])).to.deep.equal([
      { version: 2, epoch: state.epoch, status: 'running', event_type: 'session_started' },
    ]);
  });

  it('S-9 a commit where no trail is kept writes nothing to the outbox', async () => {
    const event = creation(await fixture.now());
    const before = await fixture.traces(event.state.session_id);
    await fixture.store.commit(proposal(null, event, { audit: false }));
    expect((await fixture.traces(event.state.session_id)).outbox).to.equal(before.outbox);
  });

  it('S-10 a load returns the record of a command if and only if it returns the effect of that command', async () => {
    for (let round = 0; round < 30; round++) {
      const state = await committed();
      const other = lookInto(fixture.url);
      try {
        const event = next(state, 'start', await fixture.now());
        const command = { id: 'once', fingerprint: 'f', rememberMs: 60_000 };
        const reader = fixture.storeOver(other);
        const [, ...looks] = await Promise.all([
          fixture.store.commit(proposal(state, event, { command })),
          ...Array.from({ length: 8 }, () => reader.load(state.session_id, { id: 'once' })),
        ]);
        for (const look of looks) expect(look.session?.version).to.equal(look.command === null ? 1 : 2);
      } finally {
        other.disconnect();
      }
    }
  });
});
