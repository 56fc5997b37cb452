import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { expect } from 'chai';
import { chess } from '../kit/games.ts';
import { makePrivateCa, type PrivateCa } from '../kit/private-ca.ts';
import { rest } from '../kit/rest.ts';
import { freshDirectory, freshPrefix, migrate, startOwnPostgres, startOwnRedis } from '../kit/services.ts';
import { freePort } from '../../server/local/free-port.ts';
import { until } from '../kit/until.ts';
import { endAll, startLogged } from './logged.ts';

describe('servers whose certificates a private authority signed', function () {
  let files: PrivateCa;
  let redisUrl: string;
  let databaseUrl: string;

  before(async function () {
    if (spawnSync('openssl', ['version']).status !== 0) this.skip();
    const directory = await freshDirectory('postgres');
    const first = await startOwnPostgres({ directory });
    await first.stop();
    files = await makePrivateCa(path.join(directory, 'data'));
    const tls = { ssl: 'on', ssl_cert_file: files.cert, ssl_key_file: files.key };
    const postgres = await startOwnPostgres({ directory, settings: tls });
    databaseUrl = postgres.url.replace('127.0.0.1', 'localhost');
    const port = await freePort();
    await startOwnRedis({
      settings: {
        'tls-port': String(port),
        'tls-cert-file': files.cert,
        'tls-key-file': files.key,
        'tls-ca-cert-file': files.ca,
        'tls-auth-clients': 'no',
      },
    });
    redisUrl = `rediss://localhost:${port}`;
  });
  afterEach(endAll);

  /** Whether an instance can be had that writes to both. */
  async function play(databaseQuery: string, env: Record<string, string>): Promise<void> {
    const DATABASE_URL = `${databaseUrl}?${databaseQuery}`;
    await migrate(DATABASE_URL, env);
    const instance = await startLogged('main', { REDIS_URL: redisUrl, DATABASE_URL, KEY_PREFIX: freshPrefix(), ...env });
    const at = { url: await instance.line(/"url":"(http:[^"]+)"/) };
    const game = chess();
    expect((await rest(at, 'POST', '/v1/sessions', game)).status).to.equal(201);
    await until('the trail has it', async () => (await rest(at, 'GET', `/v1/sessions/${game.session_id}/events`)).status === 200);
    expect((await rest(at, 'GET', '/ready')).json()).to.deep.equal({
      status: 'ready',
      checks: { redis: 'ok', database: 'ok', audit: 'ok' },
    });
  }

  it('M-74 NODE_EXTRA_CA_CERTS makes a private authority known to connections with PostgreSQL and Redis', () =>
    play('sslmode=verify-full', { NODE_EXTRA_CA_CERTS: files.ca }));

  it('M-74 sslrootcert in DATABASE_URL makes a private authority known for PostgreSQL alone', async () => {
    await migrate(`${databaseUrl}?sslmode=verify-full&sslrootcert=${encodeURIComponent(files.ca)}`);
  });

  it('M-75 a certificate of an unknown authority is refused in one line that says what to set', async () => {
    const refusal = await migrate(`${databaseUrl}?sslmode=verify-full`).then(
      () => 'migrated',
      (error: { stderr: string }) => error.stderr,
    );
    expect(refusal).to.match(
      /^localhost:\d+\/synckairos: unable to verify the first certificate; NODE_EXTRA_CA_CERTS or \?sslrootcert= names the authority's file\n$/,
    );
    for (const entry of ['main', 'worker'] as const) {
      const { child, said } = await startLogged(entry, { REDIS_URL: redisUrl, DATABASE_URL: databaseUrl });
      if (child.exitCode === null) await once(child, 'exit');
      expect(said()).to.match(
        /^REDIS_URL: self-signed certificate in certificate chain; NODE_EXTRA_CA_CERTS names the file of a private authority$/m,
      );
      expect(child.exitCode).to.equal(1);
    }
  });
});
