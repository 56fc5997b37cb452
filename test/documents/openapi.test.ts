import type Router from '@koa/router';
import { Validator } from '@seriousme/openapi-schema-validator';
import { expect } from 'chai';
import type { CodeData, ShareData } from '#contract';
import { type App } from '../../server/app.ts';
import { createHttpApp, type HttpAppOptions } from '../../server/transport/http/app.ts';
import { freshDatabase } from '../kit/services.ts';
import { auction, chess } from '../kit/games.ts';
import { rest, type RestAnswer } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { until } from '../kit/until.ts';
import { as, JWT, sign } from '../access/kit.ts';
import { answered } from '../webhooks/kit.ts';
import { at, documentOf, type Json, validator } from './kit.ts';

describe('the OpenAPI document', () => {
  let cluster: Cluster;
  let app: App;
  let document: Json;
  let token: string;
  before(async () => {
    cluster = await openCluster();
    const trail = { AUDIT_WORKER: 'inline', DATABASE_URL: await freshDatabase(), WEBHOOK_ALLOW: '127.0.0.1' };
    app = await cluster.instance({ ...JWT, ...trail, RATE_LIMIT_SWITCH: '8' });
    token = await sign({ sessions: { '*': 'owner' }, webhooks: true, events: true });
    document = await documentOf(app, '/v1/openapi.json');
  });
  after(() => cluster.close());

  it('D-1 /v1/openapi.json is valid OpenAPI 3.1', async () => {
    const checker = new Validator();
    const { valid, errors } = await checker.validate(structuredClone(document));
    expect(errors).to.equal(undefined);
    expect(valid).to.equal(true);
    expect(document['openapi']).to.match(/^3\.1\./);
    expect((document['info'] as Json)['version']).to.equal((await rest(app, 'GET', '/v1/time')).json()['server_version']);
  });

  it('D-2 the OpenAPI document names every route of the router and no other', () => {
    const routes = routesOf();
    expect(routes).to.have.length.above(15);
    const named = Object.entries(document['paths'] as Record<string, Json>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(named.toSorted()).to.deep.equal(routes.toSorted());
  });

  it('D-3 the OpenAPI document describes what the server answers, successes and refusals, field for field', async () => {
    const check = validator(document, '2020-12');
    const seen = new Set<string>();
    const call = async (method: string, path: string, route: string, body?: unknown): Promise<RestAnswer> => {
      const answer = await as(token, app, method, path, body);
      const response = at(document, 'paths', route, method.toLowerCase(), 'responses', answer.status);
      seen.add(`${method} ${route} ${answer.status}`);
      for (const name of Object.keys(response['headers'] ?? {})) {
        if (!name.startsWith('RateLimit')) expect(answer.headers.get(name), `${method} ${path}: ${name}`).not.to.equal(null);
      }
      if (answer.text === '') expect(response).not.to.have.property('content');
      else if (answer.headers.get('content-type')?.startsWith('application/json') === true) {
        const schema = at(document, 'paths', route, method.toLowerCase(), 'responses', answer.status, 'content', 'application/json')[
          'schema'
        ];
        expect(check(schema as Json, answer.json()), `${method} ${path} ${answer.status}`).to.equal(null);
      }
      return answer;
    };
    const session = '/v1/sessions/{session_id}';
    await call('GET', '/.well-known/synckairos-keys.json', '/.well-known/synckairos-keys.json');
    for (const path of ['/time', '/v1/time', '/health', '/ready', '/metrics', '/v1/openapi.json', '/v1/asyncapi.json']) {
      await call('GET', path, path);
    }
    for (const change of [
      { undo_depth: 2, overrun_ms: 60_000 },
      { metadata: { a: [1, { b: null }] }, action_on_timeout: { type: 'house rule', move: 'e4' } },
    ]) {
      const { session_id } = chess();
      const base = `/v1/sessions/${session_id}`;
      await call('POST', '/v1/sessions', '/v1/sessions', chess({ undo_depth: 1, session_id, ...change }));
      await call('POST', '/v1/sessions', '/v1/sessions', chess({ session_id }));
      await call('POST', '/v1/sessions', '/v1/sessions', { tempo: 1 });
      await call('POST', `${base}/switch`, `${session}/switch`);
      for (const starts_at of ['2001-01-01T00:00:00.000Z', new Date(Date.now() + 3_600_000).toISOString(), undefined]) {
        await call('POST', `${base}/schedule`, `${session}/schedule`, { starts_at });
      }
      await call('POST', `${base}/start`, `${session}/start`, { command_id: 'c' });
      expect((await call('POST', `${base}/start`, `${session}/start`, { command_id: 'c' })).text).to.include('"replayed":true');
      await call('POST', `${base}/pause`, `${session}/pause`, { command_id: 'c' });
      await call('POST', `${base}/switch`, `${session}/switch`, { current_participant_id: 'white' });
      await call('POST', `${base}/switch`, `${session}/switch`, { current_participant_id: 'white' });
      await call('POST', `${base}/switch`, `${session}/switch`, { next_participant_id: 'nobody' });
      await call('POST', `${base}/switch`, `${session}/switch`, { expected_version: 99 });
      for (let i = 0; i < 8; i++) await call('POST', `${base}/switch`, `${session}/switch`);
      for (const verb of ['pause', 'resume', 'pause', 'resume']) await call('POST', `${base}/${verb}`, `${session}/${verb}`, {});
      await call('POST', `${base}/adjust`, `${session}/adjust`, { participant_id: 'white', delta_ms: 5 });
      await call('POST', `${base}/adjust`, `${session}/adjust`, { participant_id: 'who', delta_ms: 5 });
      for (const turns of [1, 20]) await call('POST', `${base}/undo`, `${session}/undo`, { turns });
      const late = [
        { participant_id: 'late', total_time_ms: 60_000 },
        { participant_id: 'black', withdrawn: true },
      ];
      for (const edit of [{ metadata: { b: 1 } }, {}, { participants: late }]) await call('POST', `${base}/edit`, `${session}/edit`, edit);
      await call('POST', `${base}/message`, `${session}/message`, { message: [1] });
      await call('GET', base, session);
      await call('GET', `${base}?expected_version=99`, session);
      await call('GET', '/v1/sessions/nobody', session);
      await call('POST', `${base}/complete`, `${session}/complete`);
      await call('POST', `${base}/cancel`, `${session}/cancel`);
      await until('history', async () => (await as(token, app, 'GET', `${base}/events`)).text.includes('session_completed'));
      await call('GET', `${base}/events`, `${session}/events`);
      await call('GET', `${base}/events?limit=0`, `${session}/events`);
      await call('DELETE', base, session);
      await call('GET', `${base}/events`, `${session}/events`);
    }
    const lot = chess(auction());
    await call('POST', '/v1/sessions', '/v1/sessions', lot);
    for (const body of [undefined, { cycle_count: 0 }, { cycle_count: 1 }, { participant_id: 'nobody' }]) {
      await call('POST', `/v1/sessions/${lot.session_id}/extend`, `${session}/extend`, body);
      await call('POST', `/v1/sessions/${lot.session_id}/start`, `${session}/start`);
    }
    const { session_id } = chess();
    await call('POST', '/v1/sessions', '/v1/sessions', chess({ session_id }));
    await call('POST', `/v1/sessions/${session_id}/cancel`, `${session}/cancel`, { reason: 'nobody came' });
    const items = [
      { title: 'Welcome', time_ms: 60_000, metadata: { slide: 1 } },
      { time_ms: 60_000, participant_id: 'white', auto_advance: true },
    ];
    const agenda = chess({ sync_mode: 'per_cycle', items, rounds: 2 });
    await call('POST', '/v1/sessions', '/v1/sessions', agenda);
    for (const [verb, body] of [
      ['start', {}],
      ['switch', { cycle_count: 0 }],
      ['switch', { next_item_id: 'item-1' }],
      ['edit', { items: [{ item_id: 'item-1' }, ...items] }],
    ] as const) {
      await call('POST', `/v1/sessions/${agenda.session_id}/${verb}`, `${session}/${verb}`, body);
    }
    const hall = chess({ concurrent: true });
    await call('POST', '/v1/sessions', '/v1/sessions', hall);
    for (const verb of ['start', 'pause', 'resume', 'finish', 'finish']) {
      await call('POST', `/v1/sessions/${hall.session_id}/${verb}`, `${session}/${verb}`, { participant_id: 'white' });
    }
    const link = (await call('POST', `/v1/sessions/${session_id}/share`, `${session}/share`, { role: 'viewer' })).reply<ShareData>();
    await call('GET', `/v1/sessions/${session_id}/share`, `${session}/share`);
    const { link_id } = link.ok ? link.data : { link_id: '' };
    await call('DELETE', `/v1/sessions/${session_id}/share/${link_id}`, `${session}/share/{link_id}`);
    const coded = (await call('POST', '/v1/codes', '/v1/codes', { session_id, way: 'watch' })).reply<CodeData>();
    await call('GET', `/j/${coded.ok ? coded.data.code : ''}`, '/j/{code}');
    await call('GET', '/j/nobody', '/j/{code}');
    await call('GET', '/v1/reach', '/v1/reach');
    expect((await rest(app, 'GET', `/v1/sessions/${session_id}`)).status).to.equal(401);
    await useWebhooks(call);
    const unseen = Object.entries(document['paths'] as Record<string, Json>).flatMap(([path, methods]) =>
      Object.keys(methods).filter((method) => ![...seen].some((each) => each.startsWith(`${method.toUpperCase()} ${path} 2`))),
    );
    expect(unseen, 'every operation was seen to succeed').to.deep.equal([]);
  });

  it('D-4 the server accepts the examples of the OpenAPI document', async () => {
    const check = validator(document, '2020-12');
    // There is nothing to finish in a game of chess.
    const idOf = (path: string) => (path.endsWith('/finish') ? 'exam-123' : 'chess-game-123');
    for (const [path, methods] of Object.entries(document['paths'] as Record<string, Json>)) {
      for (const method of Object.keys(methods)) {
        const body = (methods[method] as { requestBody?: Json }).requestBody;
        if (body === undefined) continue;
        const { schema, example } = at(body, 'content', 'application/json');
        expect(check(schema as Json, example), path).to.equal(null);
        const { text } = await as(token, app, method.toUpperCase(), path.replace('{session_id}', idOf(path)), example);
        expect(text, path).not.to.match(/VALIDATION_ERROR|INTERNAL_ERROR/);
      }
    }
  });

  it('D-5 the OpenAPI document may be cached, revalidated and read by any page', async () => {
    const first = await rest(app, 'GET', '/v1/openapi.json', undefined, { origin: 'https://docs.example' });
    expect(first.headers.get('cache-control')).to.equal('public, max-age=300');
    expect(first.headers.get('access-control-allow-origin')).not.to.equal(null);
    const again = await rest(app, 'GET', '/v1/openapi.json', undefined, {
      'if-none-match': first.headers.get('etag') ?? '',
      // Else fetch asks for a fresh copy.
      'cache-control': 'max-age=0',
    });
    expect([again.status, again.text]).to.deep.equal([304, '']);
  });
});

/** Uses every route of webhooks, and has each refuse something. */
async function useWebhooks(ask: (method: string, path: string, route: string, body?: unknown) => Promise<RestAnswer>): Promise<void> {
  const call: typeof ask = (method, path, ...more) => answered(`${method} ${path}`, () => ask(method, path, ...more));
  const all = '/v1/webhooks';
  const route = `${all}/{webhook_id}`;
  const made = (await call('POST', all, all, { url: 'https://127.0.0.1:1/' })).json()['data'] as { webhook_id: string };
  await call('POST', all, all, { url: 'ftp://hooks.example/' });
  await call('POST', all, all);
  await call('GET', all, all);
  const one = `${all}/${made.webhook_id}`;
  const sent = (await call('POST', `${one}/test`, `${route}/test`, {})).json()['data'] as { delivery_id: string };
  const retry = [`${one}/deliveries/${sent.delivery_id}/retry`, `${route}/deliveries/{delivery_id}/retry`] as const;
  for (const disabled of [false, true]) {
    await call('PATCH', one, route, { disabled, event_types: ['participant_expired'] });
    await call('GET', one, route);
    await call('POST', `${one}/test`, `${route}/test`, {});
    await call('POST', ...retry, {});
    await call('POST', `${one}/rotate`, `${route}/rotate`, {});
    await call('GET', `${one}/deliveries?limit=1`, `${route}/deliveries`);
    await call('GET', `${one}/deliveries?limit=0`, `${route}/deliveries`);
    await call('POST', `${one}/replay`, `${route}/replay`, { from: '2026-12-01T12:00:00.000Z', to: '2026-12-01T13:00:00.000Z' });
  }
  await call('DELETE', one, route);
  for (const asked of ['', '?limit=0']) await call('GET', `/v1/events${asked}`, '/v1/events');
  await call('GET', one, route);
}

/** Every route of the routers that an instance is made of. Nothing is asked of them, so they need nothing. */
function routesOf(): string[] {
  const koa = createHttpApp({ consoleDir: undefined, operator: {}, proxies: {} } as unknown as HttpAppOptions);
  const routers = koa.middleware.flatMap((each) => (each as { router?: Router }).router ?? []);
  return routers.flatMap(({ stack }) =>
    stack.flatMap(({ path, methods }) =>
      methods
        .filter((method) => method !== 'HEAD')
        .map(
          (method) =>
            `${method} ${String(path)
              .replace(':id', '{session_id}')
              .replace(/:(\w+)/g, '{$1}')}`,
        ),
    ),
  );
}
