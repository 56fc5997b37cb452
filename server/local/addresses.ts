import type { networkInterfaces } from 'node:os';

const EVERYWHERE = new Set(['0.0.0.0', '[::]']);
/** Reaches only what hangs on the same cable, and needs to be told which one. */
const LINK_LOCAL = /^fe80:/i;

/** Where a server can be opened: on this machine, and on other devices. */
export interface Addresses {
  here: string;
  elsewhere: string[];
}

/**
 * The addresses to open for a server that says it listens at `url`. One that listens on all addresses has none of its
 * own to show: then it is 127.0.0.1 here and each of the machine's addresses elsewhere; where it listens on IPv4 only,
 * those of IPv4.
 */
export function addressesOf(url: string, interfaces: ReturnType<typeof networkInterfaces>): Addresses {
  const { hostname, port, pathname } = new URL(url);
  const path = pathname === '/' ? '' : pathname;
  if (!EVERYWHERE.has(hostname)) return { here: url, elsewhere: [] };
  const elsewhere = Object.values(interfaces)
    .flatMap((each) => each ?? [])
    .filter(({ internal, family, address }) => !internal && !LINK_LOCAL.test(address) && (family === 'IPv4' || hostname === '[::]'))
    .map(({ family, address }) => `http://${family === 'IPv6' ? `[${address}]` : address}:${port}${path}`);
  return { here: `http://127.0.0.1:${port}${path}`, elsewhere };
}
