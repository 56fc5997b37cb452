import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Config, ConfigError } from './config.ts';

/**
 * How many connections may wait to be accepted: all clients of another instance may come at once. The kernel's own
 * limit (net.core.somaxconn) applies too.
 */
const BACKLOG = 8_192;

/**
 * Listens on the address `HOST` and the port of a variable; 0 means a free one. Resolves with the URL.
 * @throws ConfigError if it cannot listen there
 */
export async function listen(http: Server, variable: 'PORT' | 'OPERATOR_PORT' | 'WORKER_PORT', config: Config): Promise<string> {
  const { HOST: host, [variable]: port = 0 } = config;
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen({ port, host, backlog: BACKLOG }, () => {
      http.off('error', reject);
      resolve();
    });
  }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE') throw new ConfigError(`${variable} ${port} is in use: stop what uses it, or choose another one`);
    throw new ConfigError(`HOST ${host} with ${variable} ${port} can't be listened on (${error.code ?? error.message})`);
  });
  const { address, port: taken } = http.address() as AddressInfo;
  return `http://${address.includes(':') ? `[${address}]` : address}:${taken}`;
}
