import { Readable } from 'node:stream';
import Router, { type RouterContext } from '@koa/router';
import type { Context } from 'koa';
import { koaBody } from 'koa-body';
import { CREATE_MAX_BYTES, type Reply } from '#contract';
import { invalid } from '../../domain/refusal.ts';
import { type Principal, senderOf } from '../access/principal.ts';
import { addressOf, type TrustedProxies } from '../address.ts';
import type { CommandHandler, Request } from '../command-handler.ts';
import { HistoryAnswer } from '../history-answer.ts';
import { HTTP_STATUS } from '../replies.ts';
import { HttpRefusal, readBodies, refuseOtherBodies, setRetryAfter } from './errors.ts';
import { sendLines, wantsLines } from './ndjson.ts';
import { WrittenAnswer } from '../written-answer.ts';
import { REST_ROUTES } from './rest-table.ts';

export interface SessionRoutesOptions {
  handler: CommandHandler;
  /** Unix ms of the one clock. */
  now(): number;
  proxies: TrustedProxies;
}

/** The commands over REST. Body or query and the id of the path give the same payload that a socket would send. */
export function sessionRoutes({ handler, now, proxies }: SessionRoutesOptions): Router {
  const router = new Router();
  const bodies = [refuseOtherBodies, readBodies(koaBody({ urlencoded: false, text: false, jsonLimit: CREATE_MAX_BYTES }))];

  const handle = async (ctx: RouterContext, name: string, payload: unknown) => {
    // The arrival is the end of the request: holding back the end of a body cannot move it forward.
    const arrival = now();
    const address = addressOf(ctx.req, proxies);
    const principal = ctx.state['principal'] as Principal | undefined;
    const ids = { request: String(ctx.state['requestId']) };
    const sender = senderOf(principal, address);
    const request: Request = { name, payload, principal, arrival, address, sender, membership: undefined, ids };
    const reply = await handler.handle(request);
    // Read by limit.ts, which charges the address for it.
    ctx.state['moved'] = request.moved?.();
    return reply;
  };

  for (const [name, route] of Object.entries(REST_ROUTES)) {
    const { method, path, status } = route;
    // Only on routes: other requests' bodies are not read.
    router[method](path, ...(method === 'post' ? bodies : []), async (ctx) => {
      if (name === 'session:history') {
        const reply = await handle(ctx, name, withId(ctx, historyQueryOf(ctx)));
        if (wantsLines(ctx) && reply.ok && reply.data instanceof HistoryAnswer) sendLines(ctx, reply.data);
        else send(ctx, reply, status);
        return;
      }
      const { id: _id, ...named } = ctx.params;
      const given = method === 'post' ? bodyOf(ctx) : { ...queryOf(ctx), ...named };
      send(ctx, await handle(ctx, name, path.includes(':id') ? withId(ctx, given) : given), status);
    });
  }
  return router;
}

function send(ctx: Context, reply: Reply<unknown>, status: number): void {
  ctx.status = reply.ok ? status : HTTP_STATUS[reply.error.code];
  if (!reply.ok) setRetryAfter(ctx, reply.error.details);
  if (reply.ok && reply.data instanceof WrittenAnswer) {
    ctx.type = 'json';
    ctx.body = Readable.from(reply.data.jsonOf(reply));
  } else if (ctx.status !== 204) {
    ctx.body = reply;
  }
}

function bodyOf(ctx: Context): unknown {
  return (ctx.request as { body?: unknown }).body ?? {};
}

/** The query as payload. Parameters are text; whole numbers become numbers for fields that are numbers. */
function queryOf(ctx: Context): Record<string, unknown> {
  const NUMBERS = new Set(['after_version', 'limit', 'expected_version']);
  return Object.fromEntries(
    Object.entries(ctx.query).map(([key, value]) => [
      key,
      NUMBERS.has(key) && typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value,
    ]),
  );
}

/** `event_type=a,b` and `event_type=a&event_type=b` both ask for events of two types. */
function historyQueryOf(ctx: Context): Record<string, unknown> {
  const { event_type: _type, ...query } = queryOf(ctx);
  const types = [ctx.query['event_type'] ?? []].flat().flatMap((list) => list.split(','));
  return types.length === 0 ? query : { ...query, event_types: types };
}

function withId(ctx: RouterContext, payload: unknown): unknown {
  const session_id = ctx.params['id'];
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return payload;
  const named = (payload as { session_id?: unknown }).session_id;
  if (named != null && named !== session_id) {
    throw new HttpRefusal(invalid([{ field: 'session_id', message: 'Must be the one in the path', code: 'custom' }]));
  }
  return { ...payload, session_id };
}
