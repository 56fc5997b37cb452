import { generateKeyPairSync, verify } from 'node:crypto';
import { expect } from 'chai';
import { Webhook } from 'standardwebhooks';
import { chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import type { Cluster } from '../kit/server.ts';
import { messageId } from '../../server/util/message-id.ts';
import { openReceiver, openWebhookCluster, operate, type Receiver } from './kit.ts';

interface Created {
  webhook_id: string;
  secret: string;
}

describe('delivery of webhooks', function () {
  this.timeout(180_000);
  let cluster: Cluster;
  let receiver: Receiver;
  let app: { url: string };
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');

  before(async () => {
    const SIGNING_KEY = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    cluster = await openWebhookCluster({ SIGNING_KEY });
    receiver = await openReceiver();
    app = await cluster.instance();
  });
  after(async () => {
    await receiver.close();
    await cluster.close();
  });

  it('WH-1 a backend is told by a signed message that time is up, which the official library accepts', async () => {
    const { secret } = await operate<Created>(app, 'POST', '/v1/webhooks', {
      url: `${receiver.url}/hook`,
      event_types: ['participant_expired'],
    });
    const game = chess({ participants: [{ participant_id: 'solo', total_time_ms: 1_000 }], metadata: { lot: 7 } });
    await rest(app, 'POST', '/v1/sessions', game);
    await rest(app, 'POST', `/v1/sessions/${game.session_id}/start`);
    const [told] = await receiver.get(1, 'participant_expired');
    expect(told?.path).to.equal('/hook');
    expect(told?.headers['content-type']).to.equal('application/json');
    const { type, timestamp, data } = told?.json ?? {};
    const { epoch } = data as { epoch: number };
    expect(type).to.equal('participant_expired');
    expect(new Date(timestamp ?? '').toISOString()).to.equal(timestamp);
    expect(data).to.include({ session_id: game.session_id, version: 3, status: 'expired', participant_count: 1, deadline_at: null });
    expect(data?.['participant_ids']).to.deep.equal(['solo']);
    expect(data?.['metadata']).to.deep.equal({ lot: 7 });
    const headers = told?.headers as Record<string, string>;
    expect(headers['webhook-id']).to.equal(
      messageId({ session_id: game.session_id, epoch, version: 3, event_type: 'participant_expired' }),
    );
    expect(new Webhook(secret).verify(told?.body ?? '', headers)).to.deep.equal(told?.json);
    const signed = Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${told?.body}`);
    const [, v1a = ''] = /v1a,(\S+)/.exec(headers['webhook-signature'] ?? '') ?? [];
    expect(verify(null, signed, publicKey, Buffer.from(v1a, 'base64'))).to.equal(true);
  });
});
