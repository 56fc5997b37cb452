import { Readable } from 'node:stream';
import type { Context } from 'koa';
import type { HistoryAnswer } from '../history-answer.ts';

const TYPE = 'application/x-ndjson';
/** Header with the start of the next page, since the lines contain only events. */
export const CURSOR_HEADER = 'X-Next-After-Version';

/** Whether the client prefers one line for each event to one JSON document. */
export function wantsLines(ctx: Context): boolean {
  ctx.vary('Accept');
  return ctx.accepts('application/json', TYPE) === TYPE;
}

/** Answers with a page of history as newline-delimited JSON: one event a line, sent as fast as the client reads. */
export function sendLines(ctx: Context, page: HistoryAnswer): void {
  ctx.status = 200;
  ctx.set(CURSOR_HEADER, String(page.nextAfterVersion));
  ctx.type = TYPE;
  ctx.body = Readable.from(page.lines());
}
