import { createServer, type Server } from 'node:http';
import type Koa from 'koa';
import type { CommandHandler } from '../command-handler.ts';
import { answerBrokenRequests } from './broken-requests.ts';

/** A server that answers by an app, and what is no HTTP in the contract's form. It does not listen yet. */
export function createHttpServer(): Server {
  return createServer();
}

/** Has a server's requests answered by an app. */
export function serve(http: Server, koa: Koa, handler: CommandHandler): void {
  const answer = koa.callback();
  http.on('request', (request, response) => void answer(request, response));
  answerBrokenRequests(http, handler);
}
