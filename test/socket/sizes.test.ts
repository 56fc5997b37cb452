import { expect } from 'chai';
import { schemas } from '../../server/transport/schemas.ts';
import { CREATE_MAX_BYTES, EVENT_MAX_BYTES, type FieldIssue, METADATA_MAX_BYTES } from '#contract';
import { type App } from '../../server/app.ts';
import { chess } from '../kit/games.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { errorOf, type TestClient } from '../kit/socket-client.ts';

describe('sizes of events', () => {
  let cluster: Cluster;
  let app: App;
  let player: TestClient;
  let session_id: string;
  before(async () => {
    cluster = await openCluster();
    app = await cluster.instance();
    player = await cluster.client(app);
    session_id = (await player.ok('session:create', chess())).session_id;
  });
  afterEach(async () => {
    await player.ok('time:sync', {});
  });
  after(() => cluster.close());

  it('C-30 an event of exactly 16 KiB on the wire is accepted, one byte more is too large', async () => {
    const event = JSON.stringify(['session:get', { session_id }]);
    expect((await player.text(event, EVENT_MAX_BYTES)).ok).to.equal(true);
    errorOf(await player.text(event, EVENT_MAX_BYTES + 1), 'PAYLOAD_TOO_LARGE');
  });

  it('C-30 the size of an event counts in bytes, not characters', async () => {
    const event = JSON.stringify(['session:message', { session_id, message: '€'.repeat(EVENT_MAX_BYTES / 2) }]);
    expect(event.length).to.be.below(EVENT_MAX_BYTES);
    errorOf(await player.text(event), 'PAYLOAD_TOO_LARGE');
  });

  it('C-30 an event of a megabyte is answered, whatever the event', async () => {
    const megabyte = 'x'.repeat(1_000_000);
    for (const name of ['session:switch', 'session:message', 'session:explode', 'time:sync']) {
      const error = errorOf(await player.raw(name, { session_id, message: megabyte }), 'PAYLOAD_TOO_LARGE');
      expect(error).to.include({ retryable: false });
    }
    errorOf(await player.raw('session:switch', megabyte), 'PAYLOAD_TOO_LARGE');
  });

  it('C-31 session:create may have a mebibyte, and is refused beyond that', async () => {
    const event = (session: object) => JSON.stringify(['session:create', session]);
    expect((await player.text(event(chess()), CREATE_MAX_BYTES)).ok).to.equal(true);
    errorOf(await player.text(event(chess()), CREATE_MAX_BYTES + 1), 'PAYLOAD_TOO_LARGE');
    // A megabyte of unknown fields is no session, but it is read.
    const { details } = errorOf(await player.raw('session:create', { ...chess(), padding: 'x'.repeat(1_000_000) }), 'VALIDATION_ERROR');
    expect((details as FieldIssue[])[0]?.field).to.equal('padding');
  });

  it('C-32 metadata and messages have limits besides that of the event', async () => {
    const metadata = (bytes: number) => ({ a: 'x'.repeat(bytes - '{"a":""}'.length) });
    await player.ok('session:create', chess({ metadata: metadata(METADATA_MAX_BYTES) }));
    const large = await player.refused('VALIDATION_ERROR', 'session:create', chess({ metadata: metadata(METADATA_MAX_BYTES + 1) }));
    expect((large.details as FieldIssue[])[0]?.field).to.equal('metadata');
    await player.ok('session:message', { session_id, message: 'x'.repeat(4_094) });
    const long = await player.refused('VALIDATION_ERROR', 'session:message', { session_id, message: 'x'.repeat(4_095) });
    expect((long.details as FieldIssue[])[0]?.field).to.equal('message');
  });

  it('C-33 very deeply nested JSON is refused without harm', async () => {
    const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
    const id = JSON.stringify(session_id);
    errorOf(await player.text(`["session:message",{"session_id":${id},"message":${deep(4_000)}}]`), 'VALIDATION_ERROR');
    errorOf(await player.text(`["session:create",{"sync_mode":"per_participant","metadata":{"a":${deep(250_000)}}}]`), 'VALIDATION_ERROR');
    for (const field of [...Object.keys(schemas['session:create'].shape), 'unknown']) {
      const modes = field === 'sync_mode' ? '' : '"sync_mode":"per_participant",';
      errorOf(await player.text(`["session:create",{${modes}${JSON.stringify(field)}:${deep(20_000)}}]`), 'VALIDATION_ERROR');
    }
    errorOf(await player.text(`["session:create",{"sync_mode":"per_participant","participants":${deep(250_000)}}]`), 'VALIDATION_ERROR');
    errorOf(await player.text(`["session:create",${deep(250_000)}]`), 'VALIDATION_ERROR');
  });

  it('C-34 binary attachments are refused', async () => {
    const { details } = errorOf(await player.raw('session:message', { session_id, message: Buffer.from('hello') }), 'VALIDATION_ERROR');
    expect((details as FieldIssue[])[0]?.field).to.equal('payload');
    errorOf(await player.raw('session:get', Buffer.alloc(10)), 'VALIDATION_ERROR');
    errorOf(await player.raw('session:message', { session_id, message: Buffer.alloc(20_000) }), 'PAYLOAD_TOO_LARGE');
    player.socket.emit('session:message', { session_id, message: [Buffer.alloc(1), Buffer.alloc(1)] });
  });

  it('C-35 a frame above two mebibytes ends the connection, and only that one', async () => {
    const careless = await cluster.client(app);
    careless.socket.emit('session:message', { session_id, message: 'x'.repeat(2 * 1024 * 1024 + 1) });
    await careless.disconnected();
    await player.ok('session:get', { session_id });
  });
});
