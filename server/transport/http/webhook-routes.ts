import Router, { type RouterContext } from '@koa/router';
import type { Middleware } from 'koa';
import { koaBody } from 'koa-body';
import type { z } from 'zod';
import { EVENT_MAX_BYTES } from '#contract';
import { refuse } from '../../domain/refusal.ts';
import { HTTP_STATUS, refusalOfIssues } from '../replies.ts';
import type { Answered, Manager, Webhooks } from '../webhook-port.ts';
import { webhookSchemas } from '../webhook-schemas.ts';
import { HttpRefusal, readBodies } from './errors.ts';
import { type ManagerOptions, managerOf, NO_TRAIL } from './managers.ts';

/** Every path of webhooks, in every spelling that the router accepts. */
const PATHS = /^\/v1\/webhooks(\/|$)/i;

export interface WebhookRoutesOptions extends ManagerOptions {
  /** Undefined where no trail is kept. */
  webhooks: Webhooks | undefined;
  /** Unix ms of the one clock. */
  now(): number;
}

/** The routes by which operators, and tokens with the claim `webhooks`, manage who is called. */
export function webhookRoutes(options: WebhookRoutesOptions): Middleware {
  const { webhooks, now } = options;
  const router = new Router();

  /** Adds a route. `work` gets what the body, or the query of a GET, holds. */
  const route = <Schema extends z.ZodType>(
    method: 'get' | 'post' | 'patch' | 'delete',
    path: string,
    schema: Schema,
    work: (webhooks: Webhooks, manager: Manager, given: z.output<Schema>, ctx: RouterContext) => Promise<Answered<unknown>>,
    status = 200,
  ) => {
    const reads = method === 'post' || method === 'patch' ? [jsonOnly, readBodies(koaBody(BODY))] : [];
    router[method](path, ...reads, async (ctx) => {
      if (webhooks === undefined) throw new HttpRefusal(NO_TRAIL);
      const { body } = ctx.request as { body?: unknown };
      const parsed = schema.safeParse(reads.length > 0 ? (body ?? {}) : ctx.query);
      if (!parsed.success) throw new HttpRefusal(refusalOfIssues(parsed.error.issues));
      const answer = await work(webhooks, ctx.state['manager'] as Manager, parsed.data, ctx);
      ctx.status = answer.ok ? status : HTTP_STATUS[answer.code];
      if (!answer.ok) throw new HttpRefusal(answer);
      if (status !== 204) ctx.body = { ok: true, data: answer.data, server_time_ms: Math.floor(now()) };
    });
  };
  const id = (ctx: RouterContext) => ctx.params['webhook_id'] ?? '';
  const { nothing } = webhookSchemas;
  const one = '/v1/webhooks/:webhook_id';
  route('post', '/v1/webhooks', webhookSchemas.create, (all, manager, fields) => all.create(manager, fields), 201);
  route('get', '/v1/webhooks', nothing, (all, manager) => all.list(manager));
  route('get', one, nothing, (all, manager, _, ctx) => all.get(manager, id(ctx)));
  route('patch', one, webhookSchemas.change, (all, manager, fields, ctx) => all.change(manager, id(ctx), withoutUndefined(fields)));
  route('delete', one, nothing, (all, manager, _, ctx) => all.remove(manager, id(ctx)), 204);
  route('post', `${one}/test`, nothing, (all, manager, _, ctx) => all.test(manager, id(ctx)), 201);
  route('post', `${one}/rotate`, nothing, (all, manager, _, ctx) => all.rotate(manager, id(ctx)));
  route('get', `${one}/deliveries`, webhookSchemas.deliveries, (all, manager, { status, limit, after }, ctx) =>
    all.deliveries(manager, id(ctx), { status, limit, after }),
  );
  route('post', `${one}/deliveries/:delivery_id/retry`, nothing, (all, manager, _, ctx) =>
    all.retry(manager, id(ctx), ctx.params['delivery_id'] ?? ''),
  );
  route('post', `${one}/replay`, webhookSchemas.replay, (all, manager, span, ctx) => all.replay(manager, id(ctx), span));

  const answer = router.routes();
  const allowed = router.allowedMethods();
  const serveThem: Middleware = async (ctx, next) => {
    if (!PATHS.test(ctx.path)) {
      await next();
      return;
    }
    ctx.state['manager'] = await managerOf(ctx, 'webhooks', options);
    const routed = ctx as RouterContext;
    await answer(routed, async () => {
      await allowed(routed, async () => {});
    });
  };
  // As the middleware of a router has it, by which all routes can be listed.
  return Object.assign(serveThem, { router });
}

const BODY = { urlencoded: false, text: false, jsonLimit: EVENT_MAX_BYTES };

/**
 * Refuses what is not declared to be JSON, also without a body: a page of another site can make a browser send forms
 * and plain text without asking first.
 */
const jsonOnly: Middleware = async (ctx, next) => {
  if (!/^application\/json(;|$)/i.test(ctx.get('Content-Type').trim())) {
    ctx.state['bodyRefused'] = true;
    throw new HttpRefusal(refuse('UNSUPPORTED_MEDIA_TYPE', 'Send application/json'));
  }
  await next();
};

/** Without the keys that have no value, which the types of the ports do not allow. */
function withoutUndefined<Fields extends object>(fields: Fields): { [Name in keyof Fields]: Exclude<Fields[Name], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
