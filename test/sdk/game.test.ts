import { expect } from 'chai';
import { type SessionState, SyncKairosError } from '../../client-sdk/src/index.ts';
import { freshDatabase } from '../kit/services.ts';
import { BANK_MS, chess } from '../kit/games.ts';
import { until } from '../kit/until.ts';
import { happens, seen, Stage } from './kit.ts';

async function refusal(promise: Promise<unknown>): Promise<SyncKairosError> {
  const outcome = await promise.then(
    () => 'resolved',
    (error: unknown) => error,
  );
  if (outcome instanceof SyncKairosError) return outcome;
  throw new Error(`expected a SyncKairosError, got ${String(outcome)}`);
}

describe('SDK: a game', () => {
  let stage: Stage;
  beforeEach(() => (stage = new Stage()));
  afterEach(() => stage.close());

  it('I-1 two devices on two instances see every version of a game', async () => {
    const [one, two] = [await stage.instance(), await stage.instance()];
    const [white, black] = [stage.client(one.url), stage.client(two.url)];
    const { session_id: id, version } = await white.createSession(chess());
    expect(version).to.equal(1);

    const told: SessionState[] = [];
    const off = black.connectWebSocket(id, (state) => told.push(state));
    await seen(black, id, 1);
    expect((await white.startSession(id)).active_participant_id).to.equal('white');
    await seen(black, id, 2);
    expect((await black.switchCycle(id, 'white')).active_participant_id).to.equal('black');
    expect((await white.switchCycle(id, 'black', 'white')).active_participant_id).to.equal('white');
    await seen(black, id, 4);
    expect((await black.pauseSession(id)).status).to.equal('paused');
    expect((await white.resumeSession(id)).status).to.equal('running');
    expect((await white.completeSession(id)).status).to.equal('completed');
    await seen(black, id, 7);
    off();
    expect(told.map((state) => state.version)).to.deep.equal([1, 2, 3, 4, 5, 6, 7]);
    expect(white.session(id).getSnapshot()?.version, 'also without a listener').to.equal(7);
  });

  it('C-41 a double click does not end the opponent’s turn', async () => {
    const { url } = await stage.instance();
    const client = stage.client(url);
    const { session_id: id } = await client.createSession(chess());
    await client.startSession(id);
    const clicks = await Promise.allSettled([client.switchCycle(id), client.switchCycle(id)]);
    expect(clicks.map((click) => click.status)).to.have.members(['fulfilled', 'rejected']);
    expect((await client.getSession(id)).active_participant_id).to.equal('black');
  });

  it('C-41 a double click of a single participant is one switch', async () => {
    const { url } = await stage.instance();
    const client = stage.client(url);
    const { session_id: id } = await client.createSession({
      sync_mode: 'per_participant',
      participants: [{ participant_id: 'me', total_time_ms: 60_000 }],
    });
    await client.startSession(id);
    const clicks = await Promise.allSettled([client.switchCycle(id), client.switchCycle(id)]);
    expect(clicks.map((click) => click.status)).to.have.members(['fulfilled', 'rejected']);
    expect((await client.switchCycle(id)).version, 'the guard knows its own switch').to.equal(4);
  });

  it('J-161 a refusal is a SyncKairosError with the code and the details of the server', async () => {
    const { url } = await stage.instance();
    const client = stage.client(url);
    const { session_id: id } = await client.createSession(chess());

    const early = await refusal(client.switchCycle(id));
    expect(early).to.include({ code: 'INVALID_STATE_TRANSITION', retryable: false, message: 'Cannot switch: session is pending' });
    expect(early.details).to.include({ status: 'pending' });
    expect((await refusal(client.createSession({ ...chess(), session_id: id }))).code).to.equal('SESSION_EXISTS');
    expect((await refusal(client.getSession('nowhere'))).code).to.equal('SESSION_NOT_FOUND');
    const invalid = await refusal(client.createSession({ ...chess(), increment_ms: -1 }));
    expect(invalid.code).to.equal('VALIDATION_ERROR');
    expect(invalid.details).to.have.nested.property('[0].field', 'increment_ms');
  });

  it('J-161 a refusal that brings a newer state shows that state', async () => {
    const { url } = await stage.instance();
    const [player, stranger] = [stage.client(url), stage.client(url)];
    const { session_id: id } = await player.createSession(chess());
    await player.startSession(id);
    expect((await refusal(stranger.switchCycle(id, 'black'))).code).to.equal('NOT_ACTIVE_PARTICIPANT');
    expect(stranger.session(id).getSnapshot()?.version).to.equal(2);
  });

  it('J-162 the times of running clocks at an instant follow from the state', async () => {
    const { url } = await stage.instance();
    const client = stage.client(url);
    const { session_id: id } = await client.createSession(chess());
    const state = await client.startSession(id);
    const at = Date.parse(state.cycle_started_at ?? '') + 1_500;
    expect(client.getParticipantTime(id, 'white', at)).to.equal(BANK_MS - 1_500);
    expect(client.getParticipantTime(id, 'black', at)).to.equal(BANK_MS);
    expect(client.getParticipantTime(id, 'global', at)).to.equal(BANK_MS - 1_500);
  });

  it('I-3 a message and a deletion reach every client of the session', async () => {
    const { url } = await stage.instance();
    const [one, two] = [stage.client(url), stage.client(url)];
    const { session_id: id } = await one.createSession(chess());
    const heard: unknown[] = [];
    two.on('message', (event) => heard.push(event.message));
    two.on('sessionDeleted', (event) => heard.push(event.version));
    two.connectWebSocket(id, () => undefined);
    await seen(two, id, 1);
    await one.sendMessage(id, { draw: 'offered' });
    await one.deleteSession(id);
    await happens(
      () => heard.length === 2,
      (again) => two.on('sessionDeleted', again),
      'the deletion',
    );
    expect(heard).to.deep.equal([{ draw: 'offered' }, 2]);
    expect(two.session(id).getSnapshot()).to.equal(null);
    expect(two.session(id).getError()?.code).to.equal('SESSION_NOT_FOUND');
  });

  it('J-163 a session that can’t be joined has an error that says so', async () => {
    const { url } = await stage.instance();
    const client = stage.client(url);
    const store = client.session('nowhere');
    await happens(() => store.getError() !== null, store.subscribe, 'an error');
    expect(store.getError()?.code).to.equal('SESSION_NOT_FOUND');
  });

  it('A-2 getHistory gives the history in pages', async () => {
    const { url } = await stage.instance({ AUDIT_WORKER: 'inline', DATABASE_URL: await freshDatabase() });
    const client = stage.client(url);
    const { session_id: id } = await client.createSession(chess());
    await client.startSession(id);
    await client.switchCycle(id);
    await until('the trail', async () => (await client.getHistory(id)).events.length === 3);
    const first = await client.getHistory(id, { limit: 1 });
    expect(first.events.map((event) => event.event_type)).to.deep.equal(['session_created']);
    const rest = await client.getHistory(id, { after_version: first.next_after_version });
    expect(rest.events.map((event) => event.version)).to.deep.equal([2, 3]);
  });

  it('A-44 getHistory filters by type', async () => {
    const { url } = await stage.instance({ AUDIT_WORKER: 'inline', DATABASE_URL: await freshDatabase() });
    const client = stage.client(url);
    const { session_id: id } = await client.createSession(chess());
    await client.startSession(id);
    await client.switchCycle(id);
    await client.pauseSession(id);
    await until('the trail', async () => (await client.getHistory(id)).next_after_version === 4);
    const page = await client.getHistory(id, { event_types: ['session_started', 'session_paused'] });
    expect(page.events.map((event) => event.version)).to.deep.equal([2, 4]);
    const beyond = await client.getHistory(id, { event_types: ['session_started'], after_version: 2 });
    expect(beyond).to.deep.equal({ events: [], next_after_version: 4 });
    expect((await refusal(client.getHistory(id, { event_types: [] }))).code).to.equal('VALIDATION_ERROR');
  });
});
