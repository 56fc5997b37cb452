import type { IncomingMessage } from 'node:http';
import { isIPv4, isIPv6, type Socket } from 'node:net';

/** Which proxies are trusted to tell the address of a client. */
export interface TrustedProxies {
  /** How many proxies are in front, each of which adds an entry to `X-Forwarded-For`; 0 trusts none. */
  hops: number;
  /** A header that the outermost proxy sets to the client's address, in lower case. */
  addressHeader: string | undefined;
}

/** Trusts no proxy: whoever reaches the port could name any address. */
export const NO_PROXIES: TrustedProxies = { hops: 0, addressHeader: undefined };

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
/**
 * Some proxies write the client's port as well, such as Azure Application Gateway: `192.0.2.1:5678`,
 * `[2001:db8::1]:5678`.
 */
const WITH_PORT = /^(?:(\d+\.\d+\.\d+\.\d+):\d+|\[([^\]]*)\](?::\d+)?)$/;
/**
 * Words of the network that a provider assigns to one customer; limits count the network, not each of its 2^64
 * addresses.
 */
const NETWORK_WORDS = 4;

/**
 * The address of a request's client, without a port: the one that a trusted proxy tells, else the peer of the
 * connection; `unknown` once that is gone. In `X-Forwarded-For` it is the entry of the outermost trusted proxy; the
 * client may have invented the entries before it.
 */
export function clientAddress(request: IncomingMessage, { hops, addressHeader }: TrustedProxies): string {
  const named = addressHeader === undefined ? undefined : entriesOf(request, addressHeader).at(-1);
  const forwarded = hops === 0 ? undefined : entriesOf(request, 'x-forwarded-for').slice(-hops)[0];
  return toAddress(named) ?? toAddress(forwarded) ?? toAddress(request.socket.remoteAddress) ?? 'unknown';
}

/** The address by which limits count a request: an IPv4 address or the /64 of an IPv6 address. */
export function addressOf(request: IncomingMessage, proxies: TrustedProxies): string {
  const address = clientAddress(request, proxies);
  return isIPv6(address) ? networkOf(address) : address;
}

/** The peer of a connection, in the form of `addressOf` without proxies; undefined once it is gone. */
export function peerOf(socket: Socket): string | undefined {
  const address = toAddress(socket.remoteAddress);
  return address !== undefined && isIPv6(address) ? networkOf(address) : address;
}

function entriesOf(request: IncomingMessage, header: string): string[] {
  return [request.headers[header] ?? ''].flat().join(',').split(',');
}

/** The IP address in a text; undefined if it has none. An IPv4 address inside IPv6 is returned as IPv4. */
function toAddress(text: string | undefined): string | undefined {
  const given = text?.trim() ?? '';
  const [, v4, v6] = WITH_PORT.exec(given) ?? [];
  const bare = v4 ?? v6 ?? given;
  const address = MAPPED.exec(bare)?.[1] ?? bare;
  return isIPv4(address) || isIPv6(address) ? address : undefined;
}

function networkOf(address: string): string {
  const [head = '', tail] = address.split('%', 1).join('').split('::', 2);
  const words = (part: string | undefined) => (part === undefined || part === '' ? [] : part.split(':'));
  const [first, rest] = [words(head), words(tail)];
  // An address may end in four decimal bytes, which are two words.
  const length = first.length + rest.length + (address.includes('.') ? 1 : 0);
  const whole = tail === undefined ? first : [...first, ...Array.from({ length: 8 - length }, () => '0'), ...rest];
  const network = whole.slice(0, NETWORK_WORDS).map((word) => Number.parseInt(word, 16).toString(16));
  return `${network.join(':')}::/64`;
}
