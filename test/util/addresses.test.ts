import type { NetworkInterfaceInfo } from 'node:os';
import { expect } from 'chai';
import { addressesOf } from '../../server/util/addresses.ts';

function address(family: 'IPv4' | 'IPv6', at: string, internal = false): NetworkInterfaceInfo {
  const base = { address: at, netmask: '', mac: '', internal, cidr: null };
  return family === 'IPv4' ? { ...base, family } : { ...base, family, scopeid: 0 };
}

const MACHINE = {
  lo: [address('IPv4', '127.0.0.1', true), address('IPv6', '::1', true)],
  wlan0: [address('IPv4', '192.168.1.7'), address('IPv6', '2001:db8::7'), address('IPv6', 'fe80::7')],
  gone: undefined,
};

describe('the addresses that npm start prints', () => {
  it('N-1 a server on all addresses is shown at 127.0.0.1 and at each address of the machine', () => {
    expect(addressesOf('http://0.0.0.0:3000', MACHINE)).to.deep.equal({
      here: 'http://127.0.0.1:3000',
      elsewhere: ['http://192.168.1.7:3000'],
    });
    expect(addressesOf('http://[::]:4000', MACHINE)).to.deep.equal({
      here: 'http://127.0.0.1:4000',
      elsewhere: ['http://192.168.1.7:4000', 'http://[2001:db8::7]:4000'],
    });
    expect(addressesOf('http://0.0.0.0:3000', { lo: MACHINE.lo }).elsewhere).to.deep.equal([]);
  });

  it('N-1 a server on one address is shown at that address', () => {
    for (const url of ['http://127.0.0.1:3000', 'http://192.168.1.7:3000', 'http://[::1]:3000']) {
      expect(addressesOf(url, MACHINE)).to.deep.equal({ here: url, elsewhere: [] });
    }
  });
});
