import { createServer, type Server } from 'node:http';

/** How often Node looks for connections that take too long. */
const LOOK_EVERY_MS = 1_000;
/**
 * Longest time from the connection, or from the first byte of a later request, to the end of the headers. With the
 * above at most ten seconds.
 */
const HEADERS_TIMEOUT_MS = 8_000;
/** Longest time to the end of a request, whatever `endSlowBodies` allows. */
const REQUEST_TIMEOUT_MS = 90_000;
/**
 * An idle connection is kept longer than load balancers keep theirs, usually 60 s: otherwise one of them sends a
 * request while this server closes the connection, and answers 502.
 */
export const KEEP_ALIVE_MS = 65_000;
/** Closes a connection whose peer reads nothing of an answer for this long. */
const STALLED_ANSWER_MS = 30_000;

/**
 * Creates an HTTP server that closes connections without a request and those whose request does not end. It does not
 * listen yet.
 */
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
