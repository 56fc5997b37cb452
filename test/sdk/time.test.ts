import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type { SyncKairosClient } from '../../client-sdk/src/index.ts';
import { happens, Stage } from './kit.ts';

const run = promisify(execFile);
const SDK = new URL('../../client-sdk/src/index.ts', import.meta.url).href;

/** Redis runs on this machine, so its wall clock is what the service follows; it tells whole milliseconds. */
const wall = (): number => Date.now();

/** Between two looks at the wall clock, since a busy machine may stop the process at any point. */
function expectRightTime(client: SyncKairosClient): void {
  const { bound } = client.getClockStatus();
  const before = wall();
  const time = client.getServerTime();
  const after = wall() + 1;
  expect(time, 'behind').to.be.at.least(before - bound);
  expect(time, 'ahead').to.be.at.most(after + bound);
}

describe('SDK: time', () => {
  let stage: Stage;
  beforeEach(() => (stage = new Stage()));
  afterEach(() => stage.close());

  it('J-12 before the first exchange the time is unknown, and the client says so', async () => {
    const client = stage.client('http://127.0.0.1:9');
    expect(client.getClockStatus()).to.deep.equal({ offset: 0, rtt: Infinity, bound: Infinity, state: 'syncing' });
    const error: unknown = await client.syncServerTime().catch((thrown: unknown) => thrown);
    expect(error).to.include({ code: 'NETWORK_ERROR' });
  });

  it('J-110 before there is a socket the time is measured over REST', async () => {
    const { url } = await stage.instance();
    const client = stage.client(`${url}/v1`);
    const status = await client.syncServerTime();
    expect(client.connection.getSnapshot()).to.equal('idle');
    expect(status.state).to.equal('synced');
    expectRightTime(client);
  });

  it('J-10 a connected client follows the server’s clock', async () => {
    const { url } = await stage.instance();
    const client = stage.client(url);
    let samples = 0;
    const states: string[] = [];
    client.on('timeSynced', () => {
      states.push(client.getClockStatus().state);
      samples += 1;
    });
    client.connect();
    await happens(
      () => samples >= 8,
      (again) => client.on('timeSynced', again),
      'a burst',
    );
    expect(client.getClockStatus().state).to.equal('synced');
    expectRightTime(client);
    expect(states[0], 'usable from the first exchange on').to.equal('synced');
  });

  it('J-10 a device whose own clock is two minutes behind shows the server’s time', async () => {
    const { url } = await stage.instance();
    const behind = { monotonic: () => performance.now(), wall: () => wall() - 120_000 };
    const client = stage.client(url, { clock: behind });
    const skews: number[] = [];
    client.on('clockSkewDetected', ({ offset }) => skews.push(offset));
    await client.syncServerTime();
    expectRightTime(client);
    expect(skews, 'told once').to.have.lengthOf(1);
    expect(skews[0], 'by the first exchange, which need not be the best').to.be.closeTo(120_000, 15_000);
  });

  it('J-97 after `disconnect` nothing keeps a process running', async () => {
    const { url } = await stage.instance();
    const program = `
      const { SyncKairosClient } = await import(${JSON.stringify(SDK)});
      const client = new SyncKairosClient(${JSON.stringify(url)});
      const { session_id: id } = await client.createSession({ sync_mode: 'per_participant', participants: [{ participant_id: 'a', total_time_ms: 1000 }] });
      client.connectWebSocket(id, () => undefined);
      client.connectWebSocket('nowhere', () => undefined);
      client.getSession(id).catch((error) => console.log(error.code));
      client.syncServerTime().catch((error) => console.log(error.code));
      client.disconnect();`;
    const args = ['--import', 'tsx', '--conditions=development', '--input-type=module', '-e', program];
    const { stdout } = await run(process.execPath, args, { timeout: 15_000 });
    expect(stdout.trim().split('\n')).to.deep.equal(['NETWORK_ERROR', 'NETWORK_ERROR']);
  });
});
