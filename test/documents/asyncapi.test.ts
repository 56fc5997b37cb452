import specification from '@asyncapi/specs/schemas/3.0.0.json' with { type: 'json' };
import { Ajv } from 'ajv';
import { expect } from 'chai';
import type { CodeData, CommandName, Reply, ServerToClientEvents, ShareData } from '#contract';
import { type App } from '../../server/app.ts';
import { schemas } from '../../server/transport/schemas.ts';
import { auction, chess } from '../kit/games.ts';
import { freshDatabase } from '../kit/services.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import type { TestClient } from '../kit/socket-client.ts';
import { until } from '../kit/until.ts';
import { wireCheck } from '../kit/wire-check.ts';
import { JWT, sovereign } from '../access/kit.ts';
import { at, documentOf, type Json, validator } from './kit.ts';

const EVENTS = [
  'session:update',
  'session:expired',
  'session:warning',
  'session:deleted',
  'session:message',
  'auth:expired',
  'server:closing',
] as const;
const keyOf = (name: string) => name.replace(':', '.');

describe('the AsyncAPI document', () => {
  let cluster: Cluster;
  let app: App;
  let player: TestClient;
  let document: Json;
  before(async () => {
    cluster = await openCluster();
    app = await cluster.instance({ ...JWT, AUDIT_WORKER: 'inline', DATABASE_URL: await freshDatabase() });
    player = await cluster.client(app, { auth: { token: await sovereign() } });
    document = await documentOf(app, '/v1/asyncapi.json');
  });
  after(() => cluster.close());

  it('D-10 /v1/asyncapi.json is valid AsyncAPI 3.0', () => {
    const validate = new Ajv({ strict: false, validateFormats: false, logger: false, meta: false, validateSchema: false }).compile(
      specification,
    );
    validate(document);
    expect(validate.errors).to.equal(null);
    expect(validate({ ...document, channels: 7 })).to.equal(false);
  });

  it('D-11 every reference in the AsyncAPI document leads to a definition', () => {
    const references = JSON.stringify(document).match(/"#\/[^"]+"/g) ?? [];
    expect(references).to.have.length.above(50);
    for (const reference of new Set(references)) at(document, ...reference.slice(3, -1).split('/'));
  });

  it('D-12 the AsyncAPI document names every command and every event, and no other', () => {
    const operations = Object.entries(document['operations'] as Record<string, Json>);
    const named = (action: string) => operations.filter(([, each]) => each['action'] === action).map(([key]) => key.replace('.', ':'));
    expect(named('receive').toSorted()).to.deep.equal(Object.keys(schemas).toSorted());
    expect(named('send').toSorted()).to.deep.equal(EVENTS.map((event) => `room:${keyOf(event)}`).toSorted());
  });

  it('D-13 the AsyncAPI document describes acknowledgements and events as the server sends them, field for field', async () => {
    const check = validator(document, '7');
    const replied = new Set<string>();
    const told = new Set<string>();
    const command = async (name: CommandName, payload: object): Promise<Reply<unknown>> => {
      const reply = await player.raw(name, payload);
      const schema = at(document, 'components', 'messages', `${keyOf(name)}.reply`, 'payload');
      expect(check(schema, reply), `${name} ${JSON.stringify(payload)}`).to.equal(null);
      if (reply.ok) replied.add(name);
      return reply;
    };
    const listen = ({ socket }: TestClient) =>
      socket.onAny((event: string, body: unknown) => {
        const wrong = check(at(document, 'components', 'messages', `room.${keyOf(event)}`, 'payload'), body);
        told.add(wrong === null ? event : `${event}: ${wrong}`);
      });
    listen(player);
    const { session_id } = chess();
    for (const name of Object.keys(schemas) as CommandName[]) {
      await command(name, {});
      await command(name, { session_id: 'nobody', message: 1, delta_ms: 1, sync_mode: 'global' });
    }
    await command('session:create', {
      ...chess({ session_id, undo_depth: 1, overrun_ms: 60_000 }),
      action_on_timeout: { type: 'house rule', move: 'e4' },
    });
    await command('session:join', { session_id, last_known_version: 1 });
    await command('session:edit', { session_id, metadata: { round: 1 } });
    for (const name of [
      'schedule',
      'start',
      'start',
      'switch',
      'pause',
      'switch',
      'resume',
      'undo',
      'undo',
      'complete',
      'cancel',
    ] as const) {
      await command(`session:${name}`, { session_id });
    }
    await command('session:get', { session_id });
    await command('session:get', { session_id, expected_version: 99 });
    await command('session:message', { session_id, message: { a: null } });
    await until('history', async () => JSON.stringify(await command('session:history', { session_id })).includes('session_completed'));
    const reply = (await command('session:share', { session_id, role: 'viewer' })) as Reply<ShareData>;
    if (!reply.ok) throw new Error('no link');
    const guest = await cluster.client(app, { auth: { token: reply.data.token } });
    listen(guest);
    const coded = (await command('session:code', { session_id, way: 'play', participant_id: 'white' })) as Reply<CodeData>;
    await command('code:open', { code: coded.ok ? coded.data.code : '' });
    await command('session:links', { session_id });
    await command('session:revoke', { session_id, link_id: reply.data.link_id });
    await guest.next('auth:expired');
    await command('auth:refresh', { token: await sovereign() });
    await command('session:delete', { session_id });
    await command('time:sync', { client_time_ms: 1.5 });

    const lot = chess(auction());
    await command('session:create', lot);
    for (const name of ['start', 'extend'] as const) await command(`session:${name}`, { session_id: lot.session_id });

    const short = chess({
      sync_mode: 'per_group',
      warning_thresholds_ms: [950],
      participants: ['a', 'b'].map((participant_id) => ({ participant_id, group_id: participant_id, total_time_ms: 1_000 })),
    });
    await command('session:create', short);
    await command('session:start', { session_id: short.session_id });
    await command('session:adjust', { session_id: short.session_id, group_id: 'b', delta_ms: 1 });
    await player.next('session:expired');
    await command('session:switch', { session_id: short.session_id });
    const hall = chess({ concurrent: true });
    await command('session:create', hall);
    for (const name of ['start', 'pause', 'resume', 'finish', 'finish'] as const) {
      await command(`session:${name}`, { session_id: hall.session_id, participant_id: 'white' });
    }
    const called = chess();
    await command('session:create', called);
    await command('session:cancel', { session_id: called.session_id, reason: 'nobody came' });
    await command('session:leave', { session_id: called.session_id });
    await app.close();
    await until('the farewell', async () => told.has('server:closing' satisfies keyof ServerToClientEvents));
    expect([...told].toSorted()).to.deep.equal([...EVENTS].toSorted());
    expect([...replied].toSorted()).to.deep.equal(Object.keys(schemas).toSorted());
  });

  it('D-20 an event or a reply that a client receives is reported if it differs from the document', () => {
    const deleted = { session_id: 'a', epoch: 1, version: 2, server_time_ms: 3 };
    wireCheck.event('session:deleted', deleted);
    expect(wireCheck.take()).to.deep.equal([]);
    wireCheck.event('session:deleted', { ...deleted, reason: 'none' });
    wireCheck.event('session:ended', deleted);
    wireCheck.reply('session:leave', { ok: true, data: { left: true }, server_time_ms: 3 });
    const refusal = { ok: false, error: { code: 'SESSION_EXISTS', message: 'in use', retryable: false }, server_time_ms: 3 };
    wireCheck.reply('session:create', refusal);
    wireCheck.reply('session:leave', refusal);
    const [event, name, reply, code, ...more] = wireCheck.take();
    expect(event).to.match(/^session:deleted differs from the AsyncAPI document/);
    expect(name).to.equal('session:ended is not in the AsyncAPI document');
    expect(reply).to.match(/^the reply to session:leave differs/);
    expect(code).to.equal('session:leave may not be refused with SESSION_EXISTS');
    expect(more).to.deep.equal([]);
  });

  it('D-21 session:update is a whole state or the changes of a large session, as the socket asked when it joined', () => {
    const check = validator(document, '7');
    const payload = at(document, 'components', 'messages', 'room.session.update', 'payload');
    const head = { session_id: 'a', epoch: 1, version: 2, event_type: 'cycle_switched', server_time_ms: 3 };
    const changes = { version: 2, participants: [{ participant_id: 'p0', cycle_count: 1 }], groups: [{ group_id: 'g', time_used_ms: 5 }] };
    expect(check(payload, { ...head, since_version: 1, changes })).to.equal(null);
    expect(check(payload, head), 'neither of them').not.to.equal(null);
    const derived = { participants: [{ participant_id: 'p0', is_active: true }] };
    expect(check(payload, { ...head, since_version: 1, changes: derived }), 'what follows from other fields').not.to.equal(null);
    const joined = {
      participant_id: 'p',
      participant_index: 1,
      group_id: null,
      total_time_ms: null,
      time_used_ms: 0,
      time_remaining_ms: null,
    };
    const whole = { ...joined, cycle_count: 0, is_active: false, has_expired: false, has_gone: false, sits_out: null };
    expect(check(payload, { ...head, since_version: 1, changes: { participants: [whole] } }), 'who joined').to.equal(null);
    expect(check(payload, { ...head, changes }), 'without the version before').not.to.equal(null);
  });

  it('D-14 the examples of the AsyncAPI document fit its schemas', () => {
    const check = validator(document, '7');
    const messages = (document['components'] as Json)['messages'] as Record<string, Json>;
    for (const [key, { payload, examples }] of Object.entries(messages)) {
      for (const example of (examples ?? []) as Json[]) expect(check(payload as Json, example['payload']), key).to.equal(null);
    }
  });
});
