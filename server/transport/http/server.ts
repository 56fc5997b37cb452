import type { Server } from 'node:http';
import type Koa from 'koa';
import type { CommandHandler } from '../command-handler.ts';
import { answerBrokenRequests } from './broken-requests.ts';
import { endSlowBodies } from './slow-bodies.ts';

/** Has a server's requests answered by an app, and what is no HTTP in the contract's form. */
export function serve(http: Server, koa: Koa, handler: CommandHandler): void {
  endSlowBodies(http);
  const answer = koa.callback();
  http.on('request', (request, response) => void answer(request, response));
  answerBrokenRequests(http, handler);
}
