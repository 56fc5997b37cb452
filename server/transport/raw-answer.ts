import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Failure } from '#contract';
import { HTTP_STATUS } from './replies.ts';

/** How long a peer may take to read the answer and hang up. */
const LINGER_MS = 1_000;

/**
 * Answers a refusal where there is no response to write it to: for what is no HTTP, and for handshakes that are not let
 * in. Ends the connection.
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
  // Whoever does not hang up would otherwise keep its half open for ever.
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
