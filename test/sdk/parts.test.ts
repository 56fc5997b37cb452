import { expect } from 'chai';
import { jittered, reconnectDelay } from '../../client-sdk/src/backoff.ts';
import { uuidV7 } from '../../client-sdk/src/ids.ts';
import { SyncKairosClient } from '../../client-sdk/src/index.ts';
import { resolveOptions } from '../../client-sdk/src/options.ts';

describe('small parts of the client', () => {
  it('J-92 a lost connection is tried again after 1 s, then every 2 s while an outage is short, then after delays that double to 30 s, shortened at random by up to half', () => {
    const waits: number[] = [];
    let [before, since] = [0, 0];
    while (waits.length < 25) {
      before = reconnectDelay(before, since, 30_000);
      waits.push(before);
      since += before;
    }
    const tail = [4_000, 8_000, 16_000, 30_000, 30_000];
    const short = waits.indexOf(4_000);
    expect(waits.slice(0, short)).to.deep.equal([1_000, ...Array.from({ length: short - 1 }, () => 2_000)]);
    expect(waits.slice(0, short).reduce((sum, ms) => sum + ms)).to.be.within(30_000, 32_000);
    expect(waits.slice(short, short + tail.length)).to.deep.equal(tail);
    expect([jittered(2_000, 0), jittered(2_000, 1)]).to.deep.equal([2_000, 1_000]);
  });

  it('J-164 ids that the client makes are UUIDs of version 7, which sort by time', () => {
    const noise = new Uint8Array([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    expect(uuidV7(0x0123456789ab, noise)).to.equal('01234567-89ab-7fff-bfff-ffffffffffff');
    expect(uuidV7(1_000, noise) < uuidV7(2_000, new Uint8Array(10))).to.equal(true);
  });

  it('J-94 addresses as users of 2.0 wrote them are accepted', () => {
    for (const url of ['http://host:3000', 'http://host:3000/', 'http://host:3000/v1', 'http://host:3000/v1/', 'ws://host:3000']) {
      expect(resolveOptions(url)).to.include({ restUrl: 'http://host:3000', socketOrigin: 'http://host:3000', socketPath: '/socket.io/' });
    }
    expect(resolveOptions(new URL('https://host/v1'))).to.include({ restUrl: 'https://host' });
  });

  it('J-94 a path in the server’s address is used for REST and for the socket', () => {
    const at = (url: string, socketUrl?: string) => {
      const { restUrl, socketOrigin, socketPath } = resolveOptions(url, socketUrl);
      return [restUrl, socketOrigin, socketPath];
    };
    for (const url of ['https://host/timer', 'https://host/timer/', 'https://host/timer/v1/']) {
      expect(at(url)).to.deep.equal(['https://host/timer', 'https://host', '/timer/socket.io/']);
    }
    expect(at('https://host/timer/v1', 'wss://socket.host')).to.deep.equal(['https://host/timer', 'https://socket.host', '/socket.io/']);
    expect(at('https://host', 'https://host/a/b/socket.io/')).to.deep.equal(['https://host', 'https://host', '/a/b/socket.io/']);
  });

  it('J-93 a wrong address, option or number is a TypeError that shows what was given', () => {
    const given = (...args: unknown[]) => {
      try {
        Reflect.construct(SyncKairosClient, args);
        return 'accepted';
      } catch (error) {
        return String(error);
      }
    };
    expect(given('localhost:3000')).to.match(/^TypeError: .*'localhost:3000'; did you mean 'http:\/\/localhost:3000'\?/);
    expect(given('127.0.0.1:3000/timer')).to.match(/did you mean 'http:\/\/127.0.0.1:3000\/timer'/);
    for (const [url, shown] of [
      [undefined, 'undefined'],
      [null, 'null'],
      ['', "''"],
      ['/', "'/'"],
      ['http://', "'http://'"],
      ['ftp://host', "'ftp://host'"],
    ]) {
      expect(given(url), String(url))
        .to.match(/^TypeError: The URL/)
        .and.contain(`it is ${shown}`);
    }
    expect(given('http://host', 'nowhere')).to.contain("socketUrl must begin with http:// or https://; it is 'nowhere'");
    expect(given('http://host', { tokens: 'x' })).to.contain("There is no option 'tokens'; there are: socketUrl, path, transport, token");
    expect(given('http://host', { requestTimeoutMs: Number.NaN })).to.contain('requestTimeoutMs must be above 0; it is NaN');
    expect(given('http://host', { reconnectAttempts: -1 })).to.contain('reconnectAttempts must be 0 or more; it is -1');
  });
});
