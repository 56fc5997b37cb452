import type { Server } from 'node:http';
import type Koa from 'koa';
import type { CommandHandler } from '../command-handler.ts';
import { answerBrokenRequests } from './broken-requests.ts';
import { endSlowBodies } from './slow-bodies.ts';

/** Answers a server's requests by an app, and malformed HTTP in the form of the contract. */
export function serve(http: Server, koa: Koa, handler: CommandHandler): void {
  endSlowBodies(http);
  const answer = koa.callback();
  http.on('request', (request, response) => void answer(request, response));
  answerBrokenRequests(http, handler);
}
