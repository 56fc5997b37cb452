import { createServer, type Server } from 'node:http';

/** Node looks this often for connections that take too long. */
const LOOK_EVERY_MS = 1_000;
/**
 * From the connection, or the first byte of another request, to the end of the headers. With the above, at most ten
 * seconds.
 */
const HEADERS_TIMEOUT_MS = 8_000;
/** The end of a request, whatever `endSlowBodies` lets pass. */
const REQUEST_TIMEOUT_MS = 90_000;
/**
 * An idle connection is kept for longer than load balancers keep theirs, 60 s as a rule: else one of them sends a
 * request as we hang up, and answers 502.
 */
export const KEEP_ALIVE_MS = 65_000;
/** An answer of which a peer takes nothing for so long is not waited for. */
const STALLED_ANSWER_MS = 30_000;

/** An HTTP server on which nobody stays without a request, nor with one that never ends. It does not listen yet. */
export function createHttpServer(): Server {
  const http = createServer({
    connectionsCheckingInterval: LOOK_EVERY_MS,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
  });
  http.timeout = STALLED_ANSWER_MS;
  return http;
}
