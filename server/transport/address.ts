import type { IncomingMessage } from 'node:http';
import { isIPv4, isIPv6 } from 'node:net';

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
/** What a provider hands to one customer: limits count the network, not each of its 2^64 addresses. */
const NETWORK_WORDS = 4;

/**
 * Whose request this is, for limits: an IPv4 address or the /64 of an IPv6 address. Behind a proxy that is trusted it is the last entry of `X-Forwarded-For`,
 * the one our own proxy wrote; whatever stands before it, the client may have made up.
 */
export function addressOf(request: IncomingMessage, trustProxy: boolean): string {
  const forwarded = trustProxy ? request.headers['x-forwarded-for'] : undefined;
  const last = [forwarded ?? ''].flat().join(',').split(',').at(-1)?.trim() ?? '';
  return networkOf(last) ?? networkOf(request.socket.remoteAddress ?? '') ?? 'unknown';
}

function networkOf(text: string): string | undefined {
  const address = MAPPED.exec(text)?.[1] ?? text;
  if (isIPv4(address)) return address;
  if (!isIPv6(address)) return undefined;
  const [head = '', tail] = address.split('%', 1).join('').split('::', 2);
  const words = (part: string | undefined) => (part === undefined || part === '' ? [] : part.split(':'));
  const [first, rest] = [words(head), words(tail)];
  // An address may end in four decimal bytes, which are two words.
  const length = first.length + rest.length + (address.includes('.') ? 1 : 0);
  const whole = tail === undefined ? first : [...first, ...Array.from({ length: 8 - length }, () => '0'), ...rest];
  const network = whole.slice(0, NETWORK_WORDS).map((word) => Number.parseInt(word, 16).toString(16));
  return `${network.join(':')}::/64`;
}
