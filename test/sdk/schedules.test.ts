import { expect } from 'chai';
import { SyncKairosClient, SyncKairosError, type DeviceClock, type SessionState } from '../../client-sdk/src/index.ts';
import { chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, type InstanceProcess, openCluster } from '../kit/server.ts';
import { openTcpProxy, type TcpProxy } from '../kit/tcp-proxy.ts';
import { until } from '../kit/until.ts';
import { seeded } from './simulator/world.ts';

const STEPS = 14;

/** The client's waits, ten times as short: a minute of trouble takes six seconds. Its time is the device's own. */
const hasty: DeviceClock = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  timer(run, ms) {
    const timer = setTimeout(run, ms / 10);
    return () => clearTimeout(timer);
  },
};

describe('SDK: any schedule of cuts and crashes', () => {
  let cluster: Cluster;
  let closers: (() => unknown)[];
  beforeEach(async () => {
    closers = [];
    cluster = await openCluster();
  });
  afterEach(async () => {
    for (const close of closers.toReversed()) await close();
    await cluster.close();
  });

  /** A device behind a network of its own, on an instance of its own. */
  async function device(): Promise<{ client: SyncKairosClient; proxy: TcpProxy; crash: () => Promise<void> }> {
    let instance: InstanceProcess = await cluster.process();
    const { port } = new URL(instance.url);
    const proxy = await openTcpProxy(Number(port));
    closers.push(() => proxy.close());
    const client = new SyncKairosClient(`http://127.0.0.1:${proxy.port}`, {
      clock: hasty,
      reconnectAttempts: 1_000,
      requestTimeoutMs: 3_000,
    });
    closers.push(() => client.disconnect());
    const crash = async (): Promise<void> => {
      await instance.kill();
      instance = await cluster.process({ PORT: port });
    };
    return { client, proxy, crash };
  }

  for (const seed of [1, 2]) {
    it(`J-26 J-27 any schedule of cuts and crashes ends with every client showing the state of the server and each switch counted once (seed ${seed})`, async () => {
      const random = seeded(seed);
      const devices = await Promise.all([device(), device()]);
      const [{ client: observer }] = devices;
      const { session_id: id } = await observer.createSession(chess());
      for (const { client } of devices) client.connectWebSocket(id, () => undefined);
      await observer.startSession(id);

      const outcomes: Promise<string>[] = [];
      const crashes: Promise<void>[] = [];
      for (let step = 0; step < STEPS; step += 1) {
        const chosen = devices[random() < 0.5 ? 0 : 1] ?? devices[0];
        const what = random();
        if (what < 0.25) {
          chosen.proxy.cut();
          setTimeout(() => chosen.proxy.mend(), 600 * random());
        } else if (what < 0.35 && crashes.length < 2) {
          crashes.push(chosen.crash());
        } else {
          outcomes.push(
            chosen.client.switchCycle(id).then(
              () => 'switched',
              (error: unknown) => (error instanceof SyncKairosError ? error.code : 'untyped'),
            ),
          );
        }
        await new Promise((resolve) => setTimeout(resolve, 300 * random()));
      }
      await Promise.all(crashes);
      for (const { proxy } of devices) proxy.mend();
      const ended = await Promise.all(outcomes);

      const server = async (): Promise<SessionState> => {
        const reply = (await rest({ url: `http://127.0.0.1:${devices[1].proxy.port}` }, 'GET', `/v1/sessions/${id}`)).reply<SessionState>();
        if (!reply.ok) throw new Error(reply.error.message);
        return reply.data;
      };
      await until('the clients to have caught up', async () => {
        const { version } = await server();
        return devices.every(({ client }) => client.session(id).getSnapshot()?.version === version);
      });
      const state = await server();
      for (const { client } of devices) expect(client.session(id).getSnapshot()).to.deep.equal(state);
      const acknowledged = ended.filter((outcome) => outcome === 'switched').length;
      const unknown = ended.filter(
        (outcome) => outcome === 'TIMEOUT' || outcome === 'NETWORK_ERROR' || outcome === 'SERVICE_UNAVAILABLE',
      ).length;
      expect(state.cycle_count, 'switches').to.be.within(acknowledged, acknowledged + unknown);
      expect(ended).to.not.include('untyped');
    });
  }
});
