import { expect } from 'chai';
import { type StoreFixture, openStoreFixture } from '../store/store-fixture.ts';
import { crowdOf, UnattendedSession } from '../store/unattended-session.ts';
import { EngineFixture, type EngineInstance, stateOf } from './engine-fixture.ts';

const COUNT = 1_000;
const MEGABYTE = 1024 * 1024;

describe('a large session that nobody looked after for long', () => {
  let engines: EngineFixture;
  let fixture: StoreFixture;
  let instance: EngineInstance;

  before(async () => {
    engines = await EngineFixture.open(20);
    fixture = await openStoreFixture(engines.prefix);
    instance = await engines.instance({ expires: false });
  });
  after(async () => {
    fixture.close();
    await engines.close();
  });

  const asleep = (ms: number) => {
    const action_on_timeout = { type: 'skip_cycle', much: 'x'.repeat(10_000) };
    return UnattendedSession.begin(fixture, ms, { participants: crowdOf(COUNT), action_on_timeout });
  };
  const read = (id: string) => instance.engine.get(id, { arrival: Math.floor(engines.now()) }).then(stateOf);

  /**
   * What the room of a session was told without anybody else's in between: the versions of one commit, as long as
   * others are served between any two.
   */
  const runsOf = (id: string): number[][] => {
    const runs: number[][] = [];
    let last = '';
    for (const { session_id, version } of instance.told) {
      if (session_id === id && last === id) runs.at(-1)?.push(version);
      else if (session_id === id) runs.push([version]);
      last = session_id;
    }
    return runs;
  };

  it('E-50 a large session catches up in commits of less than a megabyte, and other commands are served between any two of them', async () => {
    const unattended = await asleep(250_000);
    const id = unattended.state.session_id;
    const participants = ['white', 'black'].map((participant_id) => ({ participant_id, total_time_ms: 3_600_000 }));
    const game = await engines.game(instance, 0, { participants });
    const caughtUp = new AbortController();
    const others = (async () => {
      while (!caughtUp.signal.aborted) await instance.run(game.session_id, { type: 'switch' });
    })();
    const state = await read(id);
    caughtUp.abort();
    await others;
    const runs = runsOf(id);
    expect(runs.flat()).to.deep.equal(Array.from({ length: state.version - 2 }, (_, n) => n + 3));
    const entries = await unattended.entries();
    for (const versions of runs) {
      const written = versions
        .map((version) => entries[version - 1])
        .reduce((sum, one) => sum + (one?.event.length ?? 0) + (one?.state.length ?? 0), 0);
      expect(written, `versions ${versions[0]} to ${versions.at(-1)}`).to.be.below(MEGABYTE);
      expect(versions.length).to.be.at.most(100);
    }
    expect(runs.length).to.be.at.least(250 / 100);
  });

  it('HC-5 what each of many overdue events changed is computed in the slices before their commit, which nothing can interrupt', async () => {
    const { state } = await asleep(120_000);
    const before = instance.commits.length;
    await read(state.session_id);
    const events = instance.commits.slice(before).flat();
    expect(events).to.have.lengthOf.at.least(100);
    for (const event of events) expect(JSON.parse(event.changes ?? '{}'), `version ${event.state.version}`).to.have.property('changes');
  });
});
