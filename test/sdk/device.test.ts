import { expect } from 'chai';
import { openTcpProxy } from '../kit/tcp-proxy.ts';
import { happens, Stage } from './kit.ts';

/** What a browser has and Node has not. */
class Page extends EventTarget {
  readonly document = Object.assign(new EventTarget(), { visibilityState: 'visible' });

  /** Puts it in place of Node's globals; the returned function takes it away again. */
  install(): () => void {
    const parts = {
      document: this.document,
      addEventListener: this.addEventListener.bind(this),
      removeEventListener: this.removeEventListener.bind(this),
    };
    Object.assign(globalThis, parts);
    return () => {
      for (const name of Object.keys(parts)) Reflect.deleteProperty(globalThis, name);
    };
  }
}

describe('SDK: events of the device', () => {
  let stage: Stage;
  let page: Page;
  let takeAway: () => void;
  beforeEach(() => {
    stage = new Stage();
    page = new Page();
    takeAway = page.install();
  });
  afterEach(async () => {
    await stage.close();
    takeAway();
  });

  for (const [what, tell] of [
    ['the network is back', () => page.dispatchEvent(new Event('online'))],
    ['the page comes into sight', () => page.document.dispatchEvent(new Event('visibilitychange'))],
  ] as const) {
    it(`J-92 the client tries to connect at once when ${what}`, async () => {
      const { url } = await stage.instance();
      const proxy = await openTcpProxy(Number(new URL(url).port));
      // Timers of a minute and more: by itself, the client would not be back within this test.
      const clock = {
        monotonic: () => performance.now(),
        wall: () => Date.now(),
        timer: (run: () => void, ms: number) => {
          const timer = setTimeout(run, ms * 100);
          return () => clearTimeout(timer);
        },
      };
      const client = stage.client(`http://127.0.0.1:${proxy.port}`, { clock });
      const { connection } = client;
      const is = (state: string): Promise<void> => happens(() => connection.getSnapshot() === state, connection.subscribe, state);
      client.connect();
      await is('connected');
      proxy.cut();
      await is('reconnecting');
      proxy.mend();
      tell();
      await is('connected');
      client.disconnect();
      await proxy.close();
    });
  }

  it('J-92 after `disconnect` events of the device are ignored', async () => {
    const client = stage.client('http://127.0.0.1:9');
    client.connect();
    client.disconnect();
    page.dispatchEvent(new Event('online'));
    expect(client.connection.getSnapshot()).to.equal('idle');
  });
});
