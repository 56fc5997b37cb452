import { BlockList, isIP, isIPv4 } from 'node:net';

/**
 * Networks that are not for the public: this machine, private and shared networks, link-local (where clouds answer
 * credentials), documentation, benchmarks, multicast, reserved.
 * https://www.iana.org/assignments/iana-ipv4-special-registry
 */
const SPECIAL_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];
/** Of IPv6 only this is for the public. */
const GLOBAL_V6 = ['2000::/3'];
/** Parts of it that are not: protocols (Teredo among them), documentation, 6to4, which leads to any IPv4 address. */
const SPECIAL_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

/** An IPv4 address inside IPv6, in the canonical spelling of URLs: mapped, or behind a translator (RFC 6052). */
const MAPPED = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/;
const TRANSLATED = /^\[64:ff9b::(?:(?:([0-9a-f]{1,4}):)?([0-9a-f]{1,4}))?\]$/;

/** Judges whether webhooks may be sent to an address. */
export class AddressGuard {
  readonly #special = blockList([...SPECIAL_V4, ...SPECIAL_V6]);
  readonly #global = blockList(GLOBAL_V6);
  readonly #allowed: BlockList;

  /** @param allowed networks that are allowed although they are not for the public, as `address/prefix` */
  constructor(allowed: readonly string[]) {
    this.#allowed = blockList(allowed);
  }

  /** Whether it is an IP address, without brackets, that webhooks may be sent to. */
  allows(address: string): boolean {
    const judged = plain(address);
    if (judged === undefined) return false;
    const family = isIPv4(judged) ? 'ipv4' : 'ipv6';
    if (this.#allowed.check(judged, family)) return true;
    return !this.#special.check(judged, family) && (family === 'ipv4' || this.#global.check(judged, family));
  }
}

/**
 * The address in the form in which it is judged: an IPv4 address inside IPv6 as IPv4. Undefined for what is no address,
 * or has a zone.
 */
function plain(address: string): string | undefined {
  if (isIP(address) !== 6) return isIPv4(address) ? address : undefined;
  if (!URL.canParse(`http://[${address}]`)) return undefined;
  const spelled = new URL(`http://[${address}]`).hostname;
  const inside = MAPPED.exec(spelled) ?? TRANSLATED.exec(spelled);
  if (inside === null) return spelled.slice(1, -1);
  const [high, low] = [inside[1], inside[2]].map((word) => Number.parseInt(word ?? '0', 16)) as [number, number];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    list.addSubnet(address, Number(prefix ?? (family === 'ipv4' ? 32 : 128)), family);
  }
  return list;
}
