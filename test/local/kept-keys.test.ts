import { stat } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { loadConfig } from '../../server/config.ts';
import { keptKeys } from '../../server/local/kept-keys.ts';
import { freshDirectory } from '../kit/services.ts';

describe('the keys of npm start', () => {
  it('WH-58 npm start makes the keys of webhooks once, which the settings accept and only their owner can read', async () => {
    const directory = await freshDirectory('keys');
    const keys = await keptKeys(directory);
    expect(await keptKeys(directory)).to.deep.equal(keys);
    const config = loadConfig({ REDIS_URL: 'redis://a', AUDIT_WORKER: 'none', ...keys });
    expect(config.SIGNING_KEY?.asymmetricKeyType).to.equal('ed25519');
    expect(config.WEBHOOK_MASTER_KEY).to.equal(keys.WEBHOOK_MASTER_KEY);
    for (const file of ['webhook-master-key', 'signing-key.pem']) {
      expect((await stat(path.join(directory, file))).mode & 0o777, file).to.equal(0o600);
    }
  });

  it('WH-59 a SIGNING_KEY may be PEM with written line breaks or the path of a file, and nothing else', async () => {
    const directory = await freshDirectory('keys');
    const { SIGNING_KEY } = await keptKeys(directory);
    const load = (key: string) => loadConfig({ REDIS_URL: 'redis://a', AUDIT_WORKER: 'none', SIGNING_KEY: key }).SIGNING_KEY;
    const x = load(SIGNING_KEY)?.export({ format: 'jwk' }).x;
    expect(load(SIGNING_KEY.replaceAll('\n', String.raw`\n`))?.export({ format: 'jwk' }).x).to.equal(x);
    expect(load(path.join(directory, 'signing-key.pem'))?.export({ format: 'jwk' }).x).to.equal(x);
    for (const wrong of ['/nowhere', 'x', '-----BEGIN PRIVATE KEY-----']) expect(() => load(wrong), wrong).to.throw(/^SIGNING_KEY must be/);
    for (const [name, value] of [
      ['WEBHOOK_ALLOW', '10.0.0.0/33'],
      ['WEBHOOK_ALLOW', 'intranet'],
      ['WEBHOOK_ALLOW_HTTP', 'yes'],
      ['WEBHOOK_MASTER_KEY', 'short'],
    ] as const) {
      expect(() => loadConfig({ REDIS_URL: 'redis://a', AUDIT_WORKER: 'none', [name]: value }), name).to.throw(new RegExp(`^${name} must`));
    }
  });
});
