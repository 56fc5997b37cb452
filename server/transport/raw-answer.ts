import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Failure } from '#contract';
import { HTTP_STATUS } from './replies.ts';

/** How long a peer may take to read the answer and close the connection. */
const LINGER_MS = 1_000;

/**
 * Writes a refusal to a socket for which there is no HTTP response: for malformed HTTP, and for refused handshakes.
 * Ends the connection.
 */
export function answerRaw(socket: Socket, reply: Failure): void {
  const body = JSON.stringify(reply);
  const status = HTTP_STATUS[reply.error.code];
  const { details } = reply.error;
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(details !== undefined && 'retry_after_ms' in details ? [`Retry-After: ${Math.ceil(details.retry_after_ms / 1_000)}`] : []),
    'Connection: close',
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
  // A peer that does not close its side would keep the connection half open for ever.
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
