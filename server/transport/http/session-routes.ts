import Router, { type RouterContext } from '@koa/router';
import type { Context } from 'koa';
import { invalid } from '../../domain/refusal.ts';
import type { CommandHandler } from '../command-handler.ts';
import { HTTP_STATUS } from '../replies.ts';
import { HttpRefusal } from './errors.ts';

export interface SessionRoutesOptions {
  handler: CommandHandler;
  /** Unix ms of the authoritative clock. */
  now(): number;
}

/** Commands that are a verb on a session. */
const VERBS = ['start', 'switch', 'pause', 'resume', 'adjust', 'complete', 'cancel', 'message'] as const;

/** The commands as REST. Body or query and the id in the path make the same payload that a socket would send. */
export function sessionRoutes({ handler, now }: SessionRoutesOptions): Router {
  const router = new Router();

  const run = async (ctx: RouterContext, name: string, payload: unknown, status: number) => {
    // Taken when the whole request is there: who holds back the end of a body can't move its instant forward.
    const arrival = now();
    const reply = await handler.handle({ name, payload, arrival, seat: undefined, ids: { request: String(ctx.state['requestId']) } });
    ctx.status = reply.ok ? status : HTTP_STATUS[reply.error.code];
    if (ctx.status !== 204) ctx.body = reply;
  };

  router.post('/v1/sessions', (ctx) => run(ctx, 'session:create', bodyOf(ctx), 201));
  router.get('/v1/sessions/:id', (ctx) => run(ctx, 'session:get', withId(ctx, queryOf(ctx)), 200));
  router.delete('/v1/sessions/:id', (ctx) => run(ctx, 'session:delete', withId(ctx, queryOf(ctx)), 204));
  router.get('/v1/sessions/:id/events', (ctx) => run(ctx, 'session:history', withId(ctx, queryOf(ctx)), 200));
  for (const verb of VERBS) {
    router.post(`/v1/sessions/:id/${verb}`, (ctx) => run(ctx, `session:${verb}`, withId(ctx, bodyOf(ctx)), 200));
  }
  return router;
}

function bodyOf(ctx: Context): unknown {
  return (ctx.request as { body?: unknown }).body ?? {};
}

/** Query parameters are text; those that look like whole numbers are meant as such where the schema asks for one. */
function queryOf(ctx: Context): Record<string, unknown> {
  const NUMBERS = new Set(['after_version', 'limit', 'expected_version']);
  return Object.fromEntries(
    Object.entries(ctx.query).map(([key, value]) => [key, NUMBERS.has(key) && typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value]),
  );
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
