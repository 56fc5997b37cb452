import { expect } from 'chai';
import type { App } from '../../server/app.ts';
import { chess } from '../kit/games.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import type { TestClient } from '../kit/socket-client.ts';
import { type Claims, JWT, sign } from './kit.ts';

describe('remembered commands of several senders', () => {
  let cluster: Cluster;
  let app: App;
  let owner: TestClient;
  before(async () => {
    cluster = await openCluster(JWT);
    app = await cluster.instance();
    owner = await clientOf({ sub: 'anna' });
  });
  after(() => cluster.close());
  const clientOf = async (claims: Claims) => cluster.client(app, { auth: { token: await sign(claims) } });
  const player = (session_id: string, participant_id: string, sub = participant_id) =>
    clientOf({ sub, participant_id, sessions: { [session_id]: 'participant' } });
  const running = async () => {
    const { session_id } = await owner.ok('session:create', chess());
    await owner.ok('session:start', { session_id, command_id: 'c-1' });
    return session_id;
  };

  it('C-60 a command_id is remembered for its sender alone: nobody uses up those of others', async () => {
    const session_id = await running();
    const [white, black] = [await player(session_id, 'white'), await player(session_id, 'black')];
    for (let n = 1; n < 10; n++) await black.ok('session:message', { session_id, message: n, command_id: `c-${n}` });
    expect(await white.success('session:switch', { session_id, command_id: 'c-2' })).to.not.have.property('replayed');
    expect(await black.refused('IDEMPOTENCY_MISMATCH', 'session:switch', { session_id, command_id: 'c-2' })).to.have.property('code');
    // The same command with the command_id of another sender counts as a new command.
    await black.ok('session:switch', { session_id, command_id: 'k' });
    const turn = await white.success('session:switch', { session_id, command_id: 'k' });
    expect(turn).to.not.have.property('replayed');
    expect(turn.data.active_participant_id).to.equal('black');
  });

  it('C-60 a sender does not learn which command_ids of others were used', async () => {
    const session_id = await running();
    const game = chess({ session_id, command_id: 'create' });
    const mallory = await clientOf({ sub: 'mallory' });
    for (const command_id of ['c-1', 'unused']) {
      await mallory.refused('FORBIDDEN', 'session:start', { session_id, command_id });
      await mallory.refused('SESSION_EXISTS', 'session:create', { ...game, command_id });
    }
  });

  it('C-61 a command_id that one sender uses as two participants is a mismatch, since the guard that the server supplies belongs to the payload', async () => {
    const session_id = await running();
    const [white, black] = [await player(session_id, 'white', 'both'), await player(session_id, 'black', 'both')];
    await white.ok('session:switch', { session_id, command_id: 'turn' });
    expect(await white.success('session:switch', { session_id, command_id: 'turn' })).to.include({ replayed: true, applied_version: 3 });
    await black.refused('IDEMPOTENCY_MISMATCH', 'session:switch', { session_id, command_id: 'turn' });
  });

  it('C-62 a sender is recognised with a fresh token, and a command_id of an earlier incarnation is answered with SESSION_NOT_FOUND', async () => {
    const boss = async () => clientOf({ sub: 'boss', sessions: { '*': 'owner' } });
    const [first, second] = [await boss(), await boss()];
    const { session_id } = await first.ok('session:create', chess());
    await first.ok('session:pause', { session_id: await running(), command_id: 'elsewhere' });
    await first.ok('session:start', { session_id, command_id: 'start' });
    expect(await second.success('session:start', { session_id, command_id: 'start' })).to.include({ replayed: true });
    await first.ok('session:delete', { session_id, command_id: 'delete' });
    const next = await first.ok('session:create', chess({ session_id }));
    expect(await second.success('session:delete', { session_id, command_id: 'delete' })).to.deep.include({ replayed: true, data: {} });
    await second.refused('SESSION_NOT_FOUND', 'session:start', { session_id, command_id: 'start' });
    await second.refused('IDEMPOTENCY_MISMATCH', 'session:pause', { session_id, command_id: 'start' });
    expect(await first.ok('session:get', { session_id })).to.deep.equal(next);
  });
});
