import type { IncomingMessage } from 'node:http';
import { isIPv4, isIPv6, type Socket } from 'node:net';

/** Who of those that pass a request on is believed about where it came from. */
export interface TrustedProxies {
  /** How many proxies stand in front, each of which adds an entry to `X-Forwarded-For`; 0 believes none. */
  hops: number;
  /** A header that the outermost proxy sets to the client's address, in lower case. */
  addressHeader: string | undefined;
}

/** Nobody in between is believed: whoever reaches the port could name any address. */
export const NO_PROXIES: TrustedProxies = { hops: 0, addressHeader: undefined };

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
/**
 * Some proxies write the client's port as well, such as Azure Application Gateway: `192.0.2.1:5678`,
 * `[2001:db8::1]:5678`.
 */
const WITH_PORT = /^(?:(\d+\.\d+\.\d+\.\d+):\d+|\[([^\]]*)\](?::\d+)?)$/;
/** What a provider hands to one customer: limits count the network, not each of its 2^64 addresses. */
const NETWORK_WORDS = 4;

/**
 * The address of whoever sent a request, without a port: what a trusted proxy says, else the peer of the connection.
 * `unknown` once that is gone. Of `X-Forwarded-For` it is the entry that the outermost trusted proxy wrote; the client
 * may have made up those before it.
 */
export function clientAddress(request: IncomingMessage, { hops, addressHeader }: TrustedProxies): string {
  const named = addressHeader === undefined ? undefined : entriesOf(request, addressHeader).at(-1);
  const forwarded = hops === 0 ? undefined : entriesOf(request, 'x-forwarded-for').slice(-hops)[0];
  return toAddress(named) ?? toAddress(forwarded) ?? toAddress(request.socket.remoteAddress) ?? 'unknown';
}

/** Whose request this is, for limits: an IPv4 address or the /64 of an IPv6 address. */
export function addressOf(request: IncomingMessage, proxies: TrustedProxies): string {
  const address = clientAddress(request, proxies);
  return isIPv6(address) ? networkOf(address) : address;
}

/** The peer of a connection, as `addressOf` tells it where no proxy is trusted; undefined once it is gone. */
export function peerOf(socket: Socket): string | undefined {
  const address = toAddress(socket.remoteAddress);
  return address !== undefined && isIPv6(address) ? networkOf(address) : address;
}

function entriesOf(request: IncomingMessage, header: string): string[] {
  return [request.headers[header] ?? ''].flat().join(',').split(',');
}

/** Undefined if the text is no IP address. An IPv4 address inside of IPv6 is told as IPv4. */
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
