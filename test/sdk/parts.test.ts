import { expect } from 'chai';
import { reconnectDelay } from '../../client-sdk/src/backoff.ts';
import { uuidV7 } from '../../client-sdk/src/ids.ts';
import { resolveOptions } from '../../client-sdk/src/options.ts';

describe('small parts of the client', () => {
  it('reconnects after 1 s doubling to 30 s, of which chance takes up to half', () => {
    const longest = [1, 2, 3, 4, 5, 6, 7, 50].map((attempt) => reconnectDelay(attempt, 0));
    expect(longest).to.deep.equal([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    expect(reconnectDelay(1, 1)).to.equal(500);
  });

  it('makes UUIDs of version 7 that sort by time', () => {
    const noise = new Uint8Array([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    expect(uuidV7(0x0123456789ab, noise)).to.equal('01234567-89ab-7fff-bfff-ffffffffffff');
    expect(uuidV7(1_000, noise) < uuidV7(2_000, new Uint8Array(10))).to.equal(true);
  });

  it('accepts addresses as users of 2.0 wrote them', () => {
    for (const url of ['http://host:3000', 'http://host:3000/', 'http://host:3000/v1', 'http://host:3000/v1/']) {
      expect(resolveOptions(url)).to.include({ restUrl: 'http://host:3000', socketOrigin: 'http://host:3000' });
    }
    expect(resolveOptions('https://host/timers/v1', 'wss://socket.host')).to.include({
      restUrl: 'https://host/timers',
      socketOrigin: 'wss://socket.host',
    });
    expect(() => resolveOptions('nowhere')).to.throw(TypeError);
  });
});
