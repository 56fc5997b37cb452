import { Readable } from 'node:stream';
import type { Context } from 'koa';
import type { HistoryAnswer } from '../history-answer.ts';

const TYPE = 'application/x-ndjson';
/** Where the next page begins, since the lines hold nothing but events. */
export const CURSOR_HEADER = 'X-Next-After-Version';

/** Whether the client would rather have a line an event than one JSON document. */
export function wantsLines(ctx: Context): boolean {
  ctx.vary('Accept');
  return ctx.accepts('application/json', TYPE) === TYPE;
}

/**
 * Answers with a page of history as newline-delimited JSON: each event is one line, sent when the client is ready to
 * read it.
 */
export function sendLines(ctx: Context, page: HistoryAnswer): void {
  ctx.status = 200;
  ctx.set(CURSOR_HEADER, String(page.nextAfterVersion));
  ctx.type = TYPE;
  ctx.body = Readable.from(page.lines());
}
