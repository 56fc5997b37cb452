import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { invalid, refuse } from '../../domain/refusal.ts';
import { hasBegunToAnswer } from '../../internals/node-http.ts';
import type { CommandHandler } from '../command-handler.ts';
import { answerRaw } from '../raw-answer.ts';

/** Answers malformed HTTP in the form of the contract; Node would answer with a bare status line. */
export function answerBrokenRequests(http: Server, handler: Pick<CommandHandler, 'refuse'>): void {
  http.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    // A peer that is gone, or is receiving an answer, cannot be told anything.
    if (error.code === 'ECONNRESET' || !socket.writable || hasBegunToAnswer(socket)) {
      socket.destroy();
      return;
    }
    const refusal =
      error.code === 'HPE_HEADER_OVERFLOW'
        ? refuse('PAYLOAD_TOO_LARGE', 'The headers are too large')
        : invalid([{ field: 'request', message: 'Must be a complete HTTP/1.1 request', code: 'invalid_http' }]);
    answerRaw(socket, handler.refuse(refusal));
  });
  // An unknown `Expect` header is ignored; Node would refuse it without a body.
  http.on('checkExpectation', (request, response) => http.emit('request', request, response));
}
