import { expect } from 'chai';
import type { CreatePayload } from '#contract';
import { BANK_MS, chess } from '../kit/games.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import type { TestClient } from '../kit/socket-client.ts';
import { until } from '../kit/until.ts';
import { Weights } from '../kit/weights.ts';
import { insist } from './insist.ts';
import { metric } from './metric.ts';

const CUT = 'synckairos_slow_readers_disconnected_total';
const MIB = 1024 * 1024;

/** Each of its states is some 190 KB on the wire; with the longest ids, more than 300 KB. */
const large = (idLength = 0): CreatePayload & { session_id: string } => {
  const ids = Array.from({ length: 1_000 }, (_, n) => `p${n}`.padEnd(idLength, 'x'));
  return chess({ participants: ids.map((participant_id) => ({ participant_id, total_time_ms: BANK_MS })) });
};

/**
 * The TCP connection under a client: paused, its operating system takes what fits into its buffers and then nothing
 * more.
 */
const wireOf = (client: TestClient) =>
  (client.socket.io.engine.transport as unknown as { ws: { _socket: { pause(): void; resume(): void } } }).ws._socket;

describe('peers that read slowly or not at all', () => {
  let cluster: Cluster;
  beforeEach(async () => {
    cluster = await openCluster();
  });
  afterEach(() => cluster.close());

  it('Y-1 a client that stops reading is cut off, reconnects by itself and is brought up to date; the others of its room get every update meanwhile', async () => {
    const app = await cluster.instance();
    const [player, reader] = [await cluster.client(app), await cluster.client(app)];
    const deaf = await cluster.client(app, { reconnection: true });
    const left: string[] = [];
    for (const [name, { socket }] of Object.entries({ player, reader, deaf }))
      socket.on('disconnect', (why) => left.push(`${name}: ${why}`));
    // What the operating system buffers is full after fewer switches then, long before a heartbeat is missed.
    const { session_id } = await player.ok('session:create', large(128));
    await reader.ok('session:join', { session_id });
    const { state } = await deaf.ok('session:join', { session_id });
    await player.ok('session:start', { session_id });
    const wire = wireOf(deaf);
    wire.pause();
    let version = 2;
    await until(
      'the one that does not read is cut off',
      async () => {
        await player.ok('session:switch', { session_id });
        version += 1;
        await reader.next('session:update', (update) => update.version === version);
        return (await metric(app, CUT)) === 1;
      },
      30_000,
    );
    const back = new Promise<void>((resolve) => deaf.socket.io.once('reconnect', () => resolve()));
    wire.resume();
    await back;
    const known = { last_known_version: state.version, last_known_epoch: state.epoch };
    const joined = await deaf.ok('session:join', { session_id, ...known });
    expect([joined.state.version, joined.missed]).to.deep.equal([version, version - state.version]);
    await player.ok('session:switch', { session_id });
    await deaf.next('session:update', (update) => update.version === version + 1);
    expect(left, 'who was disconnected').to.have.length(1);
    expect(left[0]).to.match(/^deaf: transport/);
    // The text that showed the cut is given out again while the budget of fresh ones for its second is spent.
    await until('three are connected', async () => (await metric(app, 'synckairos_connected_sockets')) === 3);
  });

  it('Y-2 what a client does not read does not stay in memory', async () => {
    const weights = await Weights.open();
    const app = await cluster.process(weights.settings);
    const player = await cluster.client(app);
    const { session_id } = await player.ok('session:create', large());
    await player.ok('session:start', { session_id });
    const play = async (switches: number) => {
      for (let n = 0; n < switches; n++) await insist(player, 'session:switch', { session_id });
    };
    await play(100);
    const { heap } = await weights.takeOne();
    for (let round = 0; round < 3; round++) {
      const deaf = await cluster.client(app);
      await deaf.ok('session:join', { session_id });
      wireOf(deaf).pause();
    }
    // Some 55 MB for each of them, in buffers they share.
    await play(300);
    await until('all of them are cut off', async () => (await metric(app, CUT)) === 3);
    const { heap: after } = await weights.takeOne();
    // Without the cut it is more than a hundred.
    expect((after - heap) / MIB, 'MiB of growth').to.be.below(50);
  });

  it('Y-3 answers count as unread data too, for a client that sends commands and does not read', async () => {
    const app = await cluster.instance();
    const deaf = await cluster.client(app);
    const { session_id } = await deaf.ok('session:create', large());
    const gone = deaf.disconnected(15_000);
    wireOf(deaf).pause();
    for (let n = 0; n < 100; n++) deaf.socket.emit('session:get', { session_id }, () => {});
    await until('it is cut off', async () => (await metric(app, CUT)) === 1);
    wireOf(deaf).resume();
    await gone;
  });

  it('Y-4 a client that reads gets a burst of many times the size at which a client that does not read is cut off', async () => {
    const app = await cluster.instance();
    const client = await cluster.client(app);
    const { session_id } = await client.ok('session:create', large());
    const answers = await Promise.all(Array.from({ length: 30 }, () => insist(client, 'session:get', { session_id })));
    expect(answers).to.have.length(30);
    expect(await metric(app, CUT)).to.equal(0);
  });
});
