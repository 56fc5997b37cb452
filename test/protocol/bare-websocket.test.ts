import { expect } from 'chai';
import { JWT, sovereign } from '../access/kit.ts';
import { chess } from '../kit/games.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { BareClient } from './bare-client.ts';

describe('a client with nothing but a WebSocket', () => {
  let cluster: Cluster;
  let clients: BareClient[];
  beforeEach(async () => {
    cluster = await openCluster();
    clients = [];
  });
  afterEach(async () => {
    for (const client of clients) client.breakOff();
    await cluster.close();
  });

  async function connect(url: string, token?: string): Promise<BareClient> {
    const client = new BareClient();
    clients.push(client);
    await client.connect(url, token);
    return client;
  }

  it('J-70 a client that has only a WebSocket plays a game by the frames of PROTOCOL.md', async () => {
    const { url } = await cluster.instance();
    const [white, black] = [await connect(url), await connect(url)];
    const game = chess({ increment_ms: 3_000 });
    expect(await white.command('session:create', { ...game })).to.have.nested.property('data.version', 1);
    expect(await black.command('session:join', { session_id: game.session_id })).to.have.nested.property('data.state.status', 'pending');
    await white.command('session:start', { session_id: game.session_id });
    for (const [player, mover] of [
      ['white', white],
      ['black', black],
      ['white', white],
    ] as const) {
      const payload = { session_id: game.session_id, current_participant_id: player };
      expect((await mover.command('session:switch', payload)).ok).to.equal(true);
      expect((await mover.command('session:switch', payload)).error?.code, 'a double click').to.equal('NOT_ACTIVE_PARTICIPANT');
    }
    const updates = (client: BareClient): unknown[] =>
      client.events.filter(([name]) => name === 'session:update').map(([, event]) => event['version']);
    await black.until('all updates', () => updates(black).length >= 4);
    expect(updates(black)).to.deep.equal([2, 3, 4, 5]);
    const { data = {} } = await white.command('time:sync', { client_time_ms: 1.5 });
    expect(data).to.include({ client_time_ms: 1.5 });
    expect((await white.command('session:nonsense', {})).error?.code).to.equal('UNKNOWN_COMMAND');
    white.close();
    await white.until('the end', () => !white.connected);
  });

  it('J-71 a bare client that answers the heartbeat is kept', async () => {
    const { url } = await cluster.instance();
    const client = await connect(url);
    await client.until('two pings', () => client.pings >= 2);
    expect((await client.command('time:sync', {})).ok).to.equal(true);
  });

  it('J-72 a bare client comes back after a cut, catches up and repeats a command whose answer got lost', async () => {
    const { url } = await cluster.instance();
    const [near, far] = [await connect(url), await connect(url)];
    const game = chess();
    await near.command('session:create', { ...game });
    const start = { session_id: game.session_id, command_id: 'start-1' };
    const unheard = far.command('session:start', start).catch(() => undefined);
    await near.until('the start', () => near.events.some(([name]) => name === 'session:update'));
    far.breakOff();
    await far.until('the cut', () => !far.connected);
    await unheard;
    await far.connect(url);
    expect(await far.command('session:start', start)).to.include({ ok: true, replayed: true });
    const { data } = await far.command('session:join', { session_id: game.session_id, last_known_version: 1 });
    expect(data).to.have.property('missed', 1);
    expect(data).to.have.nested.property('state.version', 2);
  });

  it('J-73 a bare client is told when an instance shuts down, and goes on with another one', async () => {
    const [one, two] = [await cluster.instance(), await cluster.instance()];
    const client = await connect(one.url);
    const game = chess();
    await client.command('session:create', { ...game });
    await one.close();
    await client.until('the end', () => !client.connected);
    const closing = client.events.find(([name]) => name === 'server:closing');
    expect(closing?.[1]).to.have.property('reconnect_in_ms').that.is.within(100, 1_000);
    await client.connect(two.url);
    expect((await client.command('session:start', { session_id: game.session_id })).ok).to.equal(true);
  });

  it('J-74 a bare client says who it is in the CONNECT packet', async () => {
    const { url } = await cluster.instance(JWT);
    const refusal: unknown = await connect(url, 'nonsense').catch((error: unknown) => error);
    expect(refusal).to.have.property('message', 'UNAUTHORIZED');
    const client = await connect(url, await sovereign());
    expect((await client.command('session:create', { ...chess() })).ok).to.equal(true);
  });
});
