import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Config } from '../config.ts';

export interface CallerOptions {
  /** CORS_ORIGIN: `*` lists every origin. */
  corsOrigin: '*' | string[];
  /** ALLOWED_HOSTS in lower case, without ports: `*` allows every name. */
  allowedHosts: '*' | string[];
  /** Whether a trusted proxy writes `X-Forwarded-Host` and `X-Forwarded-Proto`. */
  trustProxy: boolean;
}

/**
 * Addresses at which only programs of this machine can connect. A request with another name comes from a page that was
 * led here.
 */
const LOOPBACK = /^(localhost|127(\.\d+){3}|::1)$/i;

/** What `Sec-Fetch-Site` says of pages of other sites (https://w3c.github.io/webappsec-fetch-metadata/). */
const FOREIGN = new Set(['cross-site', 'same-site']);

/**
 * Decides which pages may send requests and open sockets. What sends neither `Origin` nor `Sec-Fetch-Site` is not a
 * browser, so no page can use somebody else's access through it.
 */
export class Callers {
  readonly #origins: '*' | ReadonlySet<string>;
  readonly #hosts: '*' | ReadonlySet<string>;
  readonly #trustProxy: boolean;

  constructor({ corsOrigin, allowedHosts, trustProxy }: CallerOptions) {
    this.#origins = corsOrigin === '*' ? corsOrigin : new Set(corsOrigin);
    this.#hosts = allowedHosts === '*' ? allowedHosts : new Set(allowedHosts);
    this.#trustProxy = trustProxy;
  }

  /** Whether CORS_ORIGIN lists an origin, so that its pages may also read answers. */
  lists(origin: string): boolean {
    return this.#origins === '*' || this.#origins.has(origin);
  }

  /**
   * Whether the page that made a browser send this may use the service: a page of a listed origin, or of this server.
   */
  allowsPage(request: IncomingMessage): boolean {
    if (this.#origins === '*') return true;
    const { origin, 'sec-fetch-site': site } = request.headers;
    if (site === 'same-origin') return true;
    if (origin === undefined) return site === undefined || !FOREIGN.has(site);
    return this.lists(origin) || origin === this.#ownOrigin(request);
  }

  /**
   * Whether no page of another origin made a browser send this, whatever CORS_ORIGIN lists: for what changes where the
   * server sends to.
   */
  isOwnPage(request: IncomingMessage): boolean {
    const { origin, 'sec-fetch-site': site } = request.headers;
    if (origin === undefined) return site === undefined || !FOREIGN.has(site);
    return site === 'same-origin' || origin.toLowerCase() === this.#ownOrigin(request);
  }

  /**
   * Whether `Host` names this server. If a page's own name is pointed to our address (DNS rebinding), its browser takes
   * us for the same origin; only the name shows it. An IP address cannot be redirected, and what sends no `Host` is not
   * a browser.
   */
  allowsHost(request: IncomingMessage): boolean {
    const { host } = request.headers;
    if (this.#hosts === '*' || host === undefined) return true;
    const name = host.replace(/:\d*$/, '').toLowerCase();
    return isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0 || this.#hosts.has(name.replace(/\.$/, ''));
  }

  /** The origin of the pages that this server sends, as the browser sees it. */
  #ownOrigin(request: IncomingMessage): string {
    const forwarded = (name: string) => (this.#trustProxy ? request.headers[name] : undefined)?.toString().split(',').at(-1)?.trim();
    const scheme = forwarded('x-forwarded-proto') ?? ((request.socket as Partial<TLSSocket>).encrypted === true ? 'https' : 'http');
    return `${scheme}://${forwarded('x-forwarded-host') ?? request.headers.host ?? ''}`.toLowerCase();
  }
}

/** The check of callers for these settings. */
export function callersOf({ CORS_ORIGIN: corsOrigin, ALLOWED_HOSTS: hosts, TRUST_PROXY: hops, HOST }: Config): Callers {
  const allowedHosts = hosts === '*' || !LOOPBACK.test(HOST) ? (hosts ?? '*') : ['localhost', ...(hosts ?? [])];
  return new Callers({ corsOrigin, allowedHosts, trustProxy: hops > 0 });
}
