import { expect } from 'chai';
import { AddressGuard } from '../../server/webhooks/addresses.ts';
import { refusalOfUrl } from '../../server/webhooks/target.ts';

const guard = new AddressGuard([]);
const rules = { guard, allowHttp: false };

describe('addresses that webhooks may be sent to', () => {
  it('WH-30 this machine is refused as a literal in every spelling that a URL allows', () => {
    for (const host of [
      '127.0.0.1',
      '127.1',
      '0x7f.0.0.1',
      '0x7f000001',
      '2130706433',
      '0177.0.0.1',
      '017700000001',
      '127.0.0.1.',
      '[::1]',
      '[0:0:0:0:0:0:0:1]',
      '[::ffff:127.0.0.1]',
      '[::ffff:7f00:1]',
      '[64:ff9b::127.0.0.1]',
      '[::127.0.0.1]',
      '１２７.0.0.1',
    ]) {
      expect(refusalOfUrl(`https://${host}/hook`, rules), host).to.match(/private or special network/);
    }
  });

  it('WH-31 private, shared, link-local and special networks are refused, and public addresses are not', () => {
    for (const address of [
      '0.0.0.0',
      '10.1.2.3',
      '100.64.0.1',
      '169.254.169.254',
      '172.16.0.1',
      '172.31.255.255',
      '192.0.0.8',
      '192.0.2.1',
      '192.168.1.1',
      '198.18.0.1',
      '224.0.0.1',
      '255.255.255.255',
      '::',
      'fd00::1',
      'fe80::1',
      'ff02::1',
      '2001:db8::1',
      '2001::1',
      '2002:7f00:1::',
      '64:ff9b:1::1',
      '64:ff9b::a9fe:a9fe',
      '64:ff9b::',
      'fe80::1%eth0',
      'localhost',
      '',
    ]) {
      expect(guard.allows(address), address).to.equal(false);
    }
    for (const address of ['8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '::ffff:8.8.8.8', '64:ff9b::808:808']) {
      expect(guard.allows(address), address).to.equal(true);
    }
  });

  it('WH-32 networks that WEBHOOK_ALLOW names are allowed, and nothing beside them', () => {
    const some = new AddressGuard(['10.1.0.0/16', 'fd00:1::/32', '192.168.7.7']);
    for (const address of ['10.1.255.1', '::ffff:10.1.0.1', 'fd00:1::7', '192.168.7.7'])
      expect(some.allows(address), address).to.equal(true);
    for (const address of ['10.2.0.1', 'fd00:2::7', '192.168.7.8', '127.0.0.1']) expect(some.allows(address), address).to.equal(false);
  });

  it('WH-33 a URL needs https, and has no user, no password and no fragment', () => {
    expect(refusalOfUrl('https://example.com/hook?a=b', rules)).to.equal(null);
    expect(refusalOfUrl('http://example.com/', rules)).to.match(/https/);
    expect(refusalOfUrl('http://example.com/', { guard, allowHttp: true })).to.equal(null);
    expect(refusalOfUrl('ftp://example.com/', { guard, allowHttp: true })).to.match(/https/);
    for (const url of ['https://user@example.com/', 'https://:pass@example.com/'])
      expect(refusalOfUrl(url, rules), url).to.match(/no user/);
    expect(refusalOfUrl('https://example.com/#a', rules)).to.match(/fragment/);
    for (const url of ['', 'example.com', 'https://', 'https://a b/']) expect(refusalOfUrl(url, rules), url).to.equal('Must be a URL');
  });
});
