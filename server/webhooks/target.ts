import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { AddressGuard } from './addresses.ts';

/** What a URL of an endpoint is judged by. */
export interface TargetRules {
  guard: AddressGuard;
  /** Whether `http:` is allowed too, for development. */
  allowHttp: boolean;
}

/** A URL or an address that nothing is sent to. The message says why. */
export class TargetRefusedError extends Error {
  override name = 'TargetRefusedError';
}

/** Finds the IP addresses of a host name. Rejects if there are none, or the signal aborts. */
export type Resolve = (host: string, signal: AbortSignal) => Promise<string[]>;

/**
 * Why nothing may be sent to a URL; null if its form allows it. A host name is judged later, by each address that it
 * has then. `URL` writes an IPv4 address in any spelling (hexadecimal, octal, one number) as four decimal bytes.
 */
export function refusalOfUrl(text: string, { guard, allowHttp }: TargetRules): string | null {
  if (!URL.canParse(text)) return 'Must be a URL';
  const url = new URL(text);
  if (url.protocol !== 'https:' && !(allowHttp && url.protocol === 'http:')) return 'Must begin with https://';
  if (url.username !== '' || url.password !== '') return 'Must have no user and no password';
  if (url.hash !== '') return 'Must have no fragment';
  const host = hostOf(url);
  if (host === '') return 'Must name a host';
  if (isIP(host) !== 0 && !guard.allows(host)) return 'Must not be an address of a private or special network; see WEBHOOK_ALLOW';
  return null;
}

/**
 * The addresses that a URL may be sent to, each of them judged. One that is refused refuses all: a name that leads both
 * outside and inside is an attempt to get in.
 * @throws TargetRefusedError
 */
export async function addressesOf(url: URL, rules: TargetRules, resolve: Resolve, signal: AbortSignal): Promise<string[]> {
  const refusal = refusalOfUrl(url.href, rules);
  if (refusal !== null) throw new TargetRefusedError(refusal);
  const host = hostOf(url);
  if (isIP(host) !== 0) return [host];
  const addresses = await resolve(host, signal);
  if (addresses.some((address) => !rules.guard.allows(address))) {
    throw new TargetRefusedError('the host leads to an address of a private or special network');
  }
  return addresses;
}

/** The host of a URL without brackets and without the dot of an absolute name. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
}

/** How long a name server has for an answer, ms, and how often it is asked. */
const DNS = { timeout: 3_000, tries: 2 };

/**
 * Asks the name servers of this machine, or others. Not `dns.lookup`, whose four threads one slow name server would
 * occupy for everybody; so entries of `/etc/hosts` do not count, and search domains don't either.
 */
export function createResolve(servers?: string[]): Resolve {
  return async (host, signal) => {
    if (host === 'localhost' || host.endsWith('.localhost')) return ['127.0.0.1', '::1'];
    const resolver = new Resolver(DNS);
    if (servers !== undefined) resolver.setServers(servers);
    const cancel = () => resolver.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      const answers = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
      signal.throwIfAborted();
      const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
      if (addresses.length === 0) throw new Error(`no address of ${host} is known`);
      return addresses;
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  };
}
