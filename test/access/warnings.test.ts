import { expect } from 'chai';
import { freshPrefix, redisUrl } from '../kit/services.ts';
import { endAll, startLogged } from '../ops/logged.ts';
import { as, knock, SECRET, sign } from './kit.ts';

describe('warnings of a server about its own access settings', function () {
  afterEach(endAll);

  /** The warnings about access of an instance in production, once it listens and has met a few tokens. */
  async function warningsOf(settings: Record<string, string>): Promise<string[]> {
    const env = {
      REDIS_URL: await redisUrl(),
      KEY_PREFIX: freshPrefix(),
      AUDIT_WORKER: 'none',
      NODE_ENV: 'production',
      LOG_LEVEL: 'trace',
    };
    const logged = await startLogged('main', { ...env, ...settings });
    const app = { url: await logged.line(/"url":"(http[^"]+)"/) };
    const token = await sign({ sub: 'anna' });
    for (const sent of [token, 'hello.secret-part.x', await sign({ sub: 'anna' }, new TextEncoder().encode('x'.repeat(32)))]) {
      await knock(app, sent);
      await as(sent, app, 'GET', '/v1/sessions/x');
      expect(logged.said()).to.not.contain(sent.split('.')[1] ?? sent);
    }
    for (const secret of [SECRET, 'another-secret-of-links-0123456789']) expect(logged.said()).to.not.contain(secret);
    const lines = logged
      .said()
      .split('\n')
      .filter((line) => line.startsWith('{'));
    return (
      lines
        .map((line) => JSON.parse(line) as { level: number | string; msg: string })
        .flatMap(({ level, msg }) => (level === 40 || level === 'warn' ? [msg] : []))
        // A busy machine has the server warn of other things too.
        .filter((msg) => /AUTH_MODE|JWT_|LINK_SECRET/.test(msg))
    );
  }

  it('G-12 a production server warns once of AUTH_MODE=none, and of a key that has no effect', async () => {
    expect(await warningsOf({})).to.deep.equal(['AUTH_MODE=none: whoever reaches this server may read and change every session']);
    expect(await warningsOf({ JWT_SECRET: SECRET })).to.deep.equal([
      'AUTH_MODE=none: whoever reaches this server may read and change every session',
      'JWT_SECRET has no effect with AUTH_MODE=none',
    ]);
  });

  it('G-12 a production server warns where JWT_ISSUER or JWT_AUDIENCE is not set, and logs no token or secret', async () => {
    const jwt = { AUTH_MODE: 'jwt', JWT_SECRET: SECRET, LINK_SECRET: 'another-secret-of-links-0123456789' };
    expect(await warningsOf(jwt))
      .to.have.length(2)
      .and.to.satisfy((told: string[]) => told.every((line) => /^JWT_(ISSUER|AUDIENCE) is not set/.test(line)));
    expect(await warningsOf({ ...jwt, JWT_ISSUER: 'a', JWT_AUDIENCE: 'b' })).to.deep.equal([]);
  });
});
