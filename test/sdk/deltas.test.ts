import { expect } from 'chai';
import type { SessionState } from '#contract';
import { until } from '../kit/until.ts';
import { Stage } from './kit.ts';

const participants = Array.from({ length: 30 }, (_, n) => ({ participant_id: `p${n}`, total_time_ms: 600_000 }));

describe('the client in a session of many', () => {
  let stage: Stage;

  beforeEach(() => (stage = new Stage()));
  afterEach(() => stage.close());

  it('P-25 the client keeps the state of the server from changes', async () => {
    const { url } = await stage.instance();
    const [host, guest] = [stage.client(url), stage.client((await stage.instance()).url)];
    const { session_id } = await host.createSession({ sync_mode: 'per_participant', participants });
    const seen: SessionState[] = [];
    guest.connectWebSocket(session_id, (state) => seen.push(state));
    await until('the guest is there', async () => seen.length === 1);
    await host.startSession(session_id);
    for (let n = 0; n < 5; n++) await host.switchCycle(session_id);
    await until('all switches', async () => seen.at(-1)?.version === 7);
    expect(seen.map(({ version }) => version)).to.deep.equal([1, 2, 3, 4, 5, 6, 7]);
    expect(seen.at(-1)).to.deep.equal(await host.getSession(session_id));
  });

  it('P-26 the client asks for the whole state where changes do not follow on what it has, and goes on from there', async () => {
    const { url } = await stage.instance();
    const proxy = await stage.proxy(url);
    const [host, guest] = [stage.client(url), stage.client(proxy.url)];
    const { session_id } = await host.createSession({ sync_mode: 'per_participant', participants });
    const seen: SessionState[] = [];
    guest.connectWebSocket(session_id, (state) => seen.push(state));
    await until('the guest is there', async () => seen.length === 1);
    await host.startSession(session_id);
    await until('the start', async () => seen.at(-1)?.version === 2);
    proxy.mute = true;
    await host.switchCycle(session_id);
    await host.switchCycle(session_id);
    proxy.mute = false;
    await host.switchCycle(session_id);
    await until('the state after the gap', async () => seen.at(-1)?.version === 5);
    await host.switchCycle(session_id);
    await until('the switch after it', async () => seen.at(-1)?.version === 6);
    expect(seen.at(-1)).to.deep.equal(await host.getSession(session_id));
  });
});
