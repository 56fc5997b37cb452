import type { networkInterfaces } from 'node:os';

const EVERYWHERE = new Set(['0.0.0.0', '[::]']);
/** Link-local addresses reach only devices of the same link, and need the name of an interface. */
const LINK_LOCAL = /^fe80:/i;

/** The addresses at which a server can be opened: on this machine, and on other devices. */
export interface Addresses {
  here: string;
  elsewhere: string[];
}

/**
 * The addresses of a server that listens at `url`. If it listens on all addresses, they are 127.0.0.1 on this machine
 * and each address of the machine on other devices; only IPv4 addresses if it listens on IPv4 only.
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
