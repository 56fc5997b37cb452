import { expect } from 'chai';
import { as as askAs, JWT, sign } from '../access/kit.ts';
import { rest } from '../kit/rest.ts';
import type { Cluster } from '../kit/server.ts';
import { openCluster } from '../kit/server.ts';
import { answered, askAsOperator, asOperator, openWebhookCluster, OPERATOR, operate } from './kit.ts';

const URL_OF_HOOK = 'https://hooks.example/kairos';

const as: typeof askAs = (token, app, method, path, body) => answered(`${method} ${path}`, () => askAs(token, app, method, path, body));

interface Endpoint {
  webhook_id: string;
  secret: string;
  [field: string]: unknown;
}

describe('the routes of webhooks', function () {
  this.timeout(120_000);
  let cluster: Cluster;
  let app: { url: string };
  /** Asks for tokens, and has its operators on a port of their own. */
  let asking: { url: string; operatorUrl: string | undefined };

  before(async () => {
    cluster = await openWebhookCluster({ AUDIT_WORKER: 'off' });
    app = await cluster.instance();
    asking = await cluster.instance({ ...JWT, OPERATOR_PORT: '0' });
  });
  after(() => cluster.close());

  it('WH-50 an endpoint is created with its secret, read without it, changed and deleted', async () => {
    const made = await operate<Endpoint>(app, 'POST', '/v1/webhooks', { url: 'https://HOOKS.example:443/kairos', description: 'lots' });
    const { secret, ...shown } = made;
    expect(Buffer.from(secret.replace(/^whsec_/, ''), 'base64')).to.have.lengthOf(32);
    expect(shown).to.include({
      url: URL_OF_HOOK,
      session_prefix: '',
      ordered: false,
      include: null,
      description: 'lots',
      status: 'enabled',
    });
    const path = `/v1/webhooks/${made.webhook_id}`;
    expect(await operate(app, 'GET', path)).to.deep.equal(shown);
    expect((await operate<{ webhooks: unknown[] }>(app, 'GET', '/v1/webhooks')).webhooks).to.deep.include(shown);
    const changed = await operate<Endpoint>(app, 'PATCH', path, { event_types: ['participant_expired'], include: 'state', disabled: true });
    expect(changed).to.include({ url: URL_OF_HOOK, include: 'state', status: 'disabled', disabled_reason: 'requested' });
    expect(changed['event_types']).to.deep.equal(['participant_expired']);
    expect(await operate(app, 'PATCH', path, { disabled: false })).to.include({ status: 'enabled', disabled_reason: null });
    expect((await asOperator(app, 'DELETE', path)).status).to.equal(204);
    expect((await asOperator(app, 'GET', path)).status).to.equal(404);
  });

  it('WH-51 nobody but operators and tokens with the claim webhooks manages endpoints', async () => {
    expect((await rest(app, 'GET', '/v1/webhooks')).status).to.equal(401);
    const wrong = { authorization: `Basic ${Buffer.from(`${OPERATOR.ADMIN_USER}:guess`).toString('base64')}` };
    expect((await rest(app, 'GET', '/v1/webhooks', undefined, wrong)).status).to.equal(401);
    expect((await rest(asking, 'GET', '/v1/webhooks')).status).to.equal(401);
    expect((await asOperator(asking, 'GET', '/v1/webhooks')).status, 'operators have a port of their own').to.equal(401);
    expect((await asOperator({ url: asking.operatorUrl ?? '' }, 'GET', '/v1/webhooks')).status).to.equal(200);
    expect((await as(await sign({ sub: 'anna', sessions: { '*': 'owner' } }), asking, 'GET', '/v1/webhooks')).status).to.equal(403);
    expect((await as(await sign({ sub: 'anna', webhooks: true }), asking, 'GET', '/v1/webhooks')).status).to.equal(200);
    expect((await as(await sign({ sub: 'anna', webhooks: 'yes' }), asking, 'GET', '/v1/webhooks')).status).to.equal(401);
  });

  it('WH-52 a token with claims for sessions manages only endpoints whose prefix they cover', async () => {
    const club = await sign({ sub: 'club', webhooks: true, sessions: { 'club-*': 'viewer', 'club-1': 'owner', exact: 'owner' } });
    const create = (token: string, session_prefix?: string) =>
      as(token, asking, 'POST', '/v1/webhooks', { url: URL_OF_HOOK, ...(session_prefix === undefined ? {} : { session_prefix }) });
    expect((await create(club, 'club-a')).status).to.equal(201);
    expect((await create(club, 'club-')).status).to.equal(201);
    for (const prefix of [undefined, '', 'clu', 'club', 'exact', 'other-'])
      expect((await create(club, prefix)).status, prefix).to.equal(403);
    const all = await sign({ sub: 'all', webhooks: true });
    const foreign = (await create(all, 'other-')).reply<Endpoint>();
    const id = foreign.ok ? foreign.data.webhook_id : '';
    const listed = (await as(club, asking, 'GET', '/v1/webhooks')).reply<{ webhooks: Endpoint[] }>();
    expect(listed.ok && listed.data.webhooks.map((one) => one['session_prefix'])).to.have.members(['club-a', 'club-']);
    for (const [method, path] of [
      ['GET', ''],
      ['DELETE', ''],
      ['GET', '/deliveries'],
    ] as const) {
      expect((await as(club, asking, method, `/v1/webhooks/${id}${path}`)).status).to.equal(404);
    }
    const own = listed.ok ? listed.data.webhooks[0]?.webhook_id : '';
    expect((await as(club, asking, 'PATCH', `/v1/webhooks/${own}`, { session_prefix: '' })).status).to.equal(403);
  });

  it('WH-53 pages of other origins are refused whatever CORS_ORIGIN says, also when they only ask whether they may', async () => {
    for (const method of ['GET', 'POST', 'OPTIONS']) {
      const answer = await rest(app, method, '/v1/webhooks', undefined, {
        origin: 'https://evil.example',
        'content-type': 'application/json',
      });
      expect(answer.status, method).to.equal(403);
      expect(answer.headers.get('access-control-allow-origin'), method).to.equal(null);
    }
    expect((await rest(app, 'GET', '/v1/webhooks', undefined, { 'sec-fetch-site': 'cross-site' })).status).to.equal(403);
    expect((await rest(app, 'GET', '/V1/Webhooks/', undefined, { origin: 'https://evil.example' })).status).to.equal(403);
    expect((await rest(app, 'GET', '/v1/webhooks', undefined, { origin: app.url })).status, 'its own page').to.equal(401);
  });

  it('WH-54 what is not declared to be JSON is refused, also without a body', async () => {
    const headers = { authorization: `Basic ${Buffer.from(`${OPERATOR.ADMIN_USER}:${OPERATOR.ADMIN_PASSWORD}`).toString('base64')}` };
    expect((await rest(app, 'POST', '/v1/webhooks', undefined, headers)).status).to.equal(415);
    expect((await rest(app, 'POST', '/v1/webhooks', '{}', { ...headers, 'content-type': 'text/plain' })).status).to.equal(415);
    expect((await rest(app, 'POST', '/v1/webhooks/we_x/rotate', undefined, headers)).status).to.equal(415);
  });

  it('WH-55 a wrong field is named', async () => {
    const cases: [object, string][] = [
      [{}, 'url'],
      [{ url: 'ftp://a.example' }, 'url'],
      [{ url: 'https://10.0.0.1/' }, 'url'],
      [{ url: URL_OF_HOOK, event_types: ['nothing'] }, 'event_types.0'],
      [{ url: URL_OF_HOOK, event_types: ['session_started', 'session_started'] }, 'event_types'],
      [{ url: URL_OF_HOOK, session_prefix: 'a b' }, 'session_prefix'],
      [{ url: URL_OF_HOOK, ordered: 1 }, 'ordered'],
      [{ url: URL_OF_HOOK, include: 'all' }, 'include'],
      [{ url: URL_OF_HOOK, description: 'x'.repeat(257) }, 'description'],
      [{ url: URL_OF_HOOK, colour: 'red' }, 'colour'],
    ];
    for (const [body, field] of cases) {
      const answer = await asOperator(app, 'POST', '/v1/webhooks', body);
      expect([answer.status, (answer.json()['error'] as { details: { field: string }[] }).details[0]?.field]).to.deep.equal([400, field]);
    }
    expect((await asOperator(app, 'PUT', '/v1/webhooks', {})).status).to.equal(405);
    expect((await asOperator(app, 'GET', '/v1/webhooks/we_none')).status).to.equal(404);
    const { webhook_id } = await operate<Endpoint>(app, 'POST', '/v1/webhooks', { url: URL_OF_HOOK });
    for (const query of ['status=lost', 'limit=0', 'limit=101', 'after=x', 'colour=red']) {
      expect((await asOperator(app, 'GET', `/v1/webhooks/${webhook_id}/deliveries?${query}`)).status, query).to.equal(400);
    }
    expect((await asOperator(app, 'POST', `/v1/webhooks/${webhook_id}/deliveries/AAAA/retry`)).status).to.equal(404);
    expect((await asOperator(app, 'POST', `/v1/webhooks/${webhook_id}/replay`, { from: 'yesterday', to: 'now' })).status).to.equal(400);
  });

  it('WH-56 without a database of the trail, and while it is away, webhooks are SERVICE_UNAVAILABLE', async () => {
    const bare = await openCluster(OPERATOR);
    try {
      const none = await askAsOperator(await bare.instance(), 'GET', '/v1/webhooks');
      expect(none.status).to.equal(503);
      const away = await askAsOperator(
        await bare.instance({ AUDIT_WORKER: 'off', DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' }),
        'GET',
        '/v1/webhooks',
      );
      expect(away.status).to.equal(503);
    } finally {
      await bare.close();
    }
  });

  it('WH-57 the public keys are for everybody, and none without a SIGNING_KEY', async () => {
    const answer = await rest(app, 'GET', '/.well-known/synckairos-keys.json');
    expect([answer.status, answer.json()]).to.deep.equal([200, { keys: [] }]);
  });
});
