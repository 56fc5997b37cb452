import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import Router from '@koa/router';
import type { Context, Middleware } from 'koa';
import { refuse } from '../../domain/refusal.ts';
import { StoreUnavailableError } from '../../engine/ports.ts';
import type { Feed, FeedEvent, FeedPage, FeedQuery } from '../feed-port.ts';
import { feedQuery } from '../feed-schema.ts';
import { refusalOfIssues } from '../replies.ts';
import { HttpRefusal } from './errors.ts';
import { type ManagerOptions, managerOf, NO_TRAIL } from './managers.ts';

const JSON_TYPE = 'application/json';
const LINES = 'application/x-ndjson';
const STREAM = 'text/event-stream';
/** Header with the cursor of the next page, since lines contain only events. */
const NEXT_HEADER = 'X-Next-After';
/** How often a stream looks for events, ms. */
const LOOK_MS = 1_000;
/** How often a stream sends something where nothing happens, so that no proxy takes it for dead, ms. */
const HEARTBEAT_MS = 15_000;
/** Streams of an instance at a time. */
const STREAMS_MAX = 50;

export interface FeedRoutesOptions extends ManagerOptions {
  /** Undefined where no trail is kept. */
  feed: Feed | undefined;
  /** Aborts when the instance closes. */
  closing: AbortSignal;
  /** Unix ms of the one clock. */
  now(): number;
}

/**
 * The route by which operators, and tokens with the claim `events`, read all events in the order of their arrival: as
 * JSON, as a line for each, or as a stream that goes on (Server-Sent Events).
 */
export function feedRoutes(options: FeedRoutesOptions): Middleware & { router: Router } {
  const { feed, closing, now } = options;
  const router = new Router();
  let streams = 0;
  router.get('/v1/events', async (ctx) => {
    const manager = await managerOf(ctx, 'events', options);
    if (feed === undefined) throw new HttpRefusal(NO_TRAIL);
    const parsed = feedQuery.safeParse(ctx.query);
    if (!parsed.success) throw new HttpRefusal(refusalOfIssues(parsed.error.issues));
    const { after, event_types: types, session_prefix: prefix, limit } = parsed.data;
    if (!manager.covers(prefix)) throw new HttpRefusal(refuse('FORBIDDEN', 'Your token covers no feed of this session_prefix'));
    ctx.vary('Accept');
    const form = ctx.accepts(JSON_TYPE, LINES, STREAM);
    const query = { after: (form === STREAM && ctx.get('Last-Event-ID')) || after, types, prefix, limit };
    if (form === STREAM && streams >= STREAMS_MAX) {
      throw new HttpRefusal(refuse('SERVICE_UNAVAILABLE', `This instance has ${STREAMS_MAX} streams of the feed, as many as it may`));
    }
    const page = await pageOf(feed, query);
    ctx.status = 200;
    ctx.set('Cache-Control', 'no-store');
    if (form === STREAM) {
      streams += 1;
      ctx.res.once('close', () => (streams -= 1));
      ctx.type = STREAM;
      const ends = () => closing.aborted || now() >= manager.expires;
      ctx.body = Readable.from(streamOf(feed, query, page, ends, goneOf(ctx, closing)));
    } else if (form === LINES) {
      ctx.set(NEXT_HEADER, page.next_after);
      ctx.type = LINES;
      ctx.body = page.events.map((event) => `${JSON.stringify(event)}\n`).join('');
    } else {
      ctx.body = { ok: true, data: page, server_time_ms: Math.floor(now()) };
    }
  });
  return Object.assign(router.routes() as Middleware, { router });
}

/** A page; throws a refusal as HttpRefusal. */
async function pageOf(feed: Feed, query: FeedQuery): Promise<FeedPage> {
  const answer = await feed.feed(query);
  if (!('events' in answer)) throw new HttpRefusal(answer);
  const { events, next_after, more } = answer;
  return { events, next_after, more };
}

/** Aborts when the client has gone or the instance closes. */
function goneOf(ctx: Context, closing: AbortSignal): AbortSignal {
  const gone = new AbortController();
  ctx.res.once('close', () => gone.abort());
  return AbortSignal.any([gone.signal, closing]);
}

/** The events as Server-Sent Events, page by page, for as long as nobody ends it. */
async function* streamOf(feed: Feed, query: FeedQuery, first: FeedPage, ends: () => boolean, gone: AbortSignal): AsyncGenerator<string> {
  yield ': the feed of SyncKairos\n\n';
  let page = first;
  for (let quietMs = 0; !ends() && !gone.aborted;) {
    // A comment would not move the position of the client, so even what it did not ask for is told by an id.
    if (page.events.length > 0) yield page.events.map(textOf).join('');
    else if (quietMs >= HEARTBEAT_MS) yield `id: ${page.next_after}\n: heartbeat\n\n`;
    quietMs = page.events.length > 0 || quietMs >= HEARTBEAT_MS ? 0 : quietMs + LOOK_MS;
    if (!page.more) await wait(LOOK_MS, undefined, { signal: gone }).catch(() => {});
    if (gone.aborted) return;
    try {
      page = await pageOf(feed, { ...query, after: page.next_after });
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      page = { events: [], next_after: page.next_after, more: false };
    }
  }
}

function textOf(event: FeedEvent): string {
  return `id: ${event.cursor}\nevent: ${event.event_type}\ndata: ${JSON.stringify(event)}\n\n`;
}
