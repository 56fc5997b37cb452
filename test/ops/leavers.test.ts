import { expect } from 'chai';
import { rest } from '../kit/rest.ts';
import { freshPrefix, redisUrl } from '../kit/services.ts';
import { TestClient } from '../kit/socket-client.ts';
import { until } from '../kit/until.ts';
import { endAll, startLogged } from './logged.ts';

describe('clients that leave at once', () => {
  afterEach(endAll);

  it('O-20 a client that leaves while its command is under way is not logged or counted as an outage, and the command is carried out', async () => {
    const instance = await startLogged('main', { REDIS_URL: await redisUrl(), KEY_PREFIX: freshPrefix(), AUDIT_WORKER: 'none' });
    const at = { url: await instance.line(/"url":"(http:[^"]+)"/) };
    const ids = Array.from({ length: 40 }, (_, index) => `game-${index}`);
    for (const session_id of ids) {
      const { socket } = await TestClient.connect(at.url);
      socket.emit('session:create', { session_id, sync_mode: 'global', total_time_ms: 60_000 });
      // Half of them while the join after their create is under way.
      if (Number(session_id.slice(5)) % 2 === 0) await socket.emitWithAck('session:leave', { session_id });
      socket.emit('session:join', { session_id });
      for (let again = 0; again < 10; again++) {
        socket.emit('session:leave', { session_id });
        socket.emit('session:join', { session_id });
      }
      socket.disconnect();
    }
    for (const id of ids) await until(`${id} is there`, async () => (await rest(at, 'GET', `/v1/sessions/${id}`)).status === 200);
    const counted = await until('all commands are counted', async () => {
      const { text } = await rest(at, 'GET', '/metrics');
      const counts = [...text.matchAll(/^synckairos_commands_total\{command="session:(create|join)",outcome="(\w+)"\} (\d+)$/gm)];
      const total = counts.reduce((sum, [, , , count]) => sum + Number(count), 0);
      return (
        total >= 2 * ids.length && counts.flatMap(([, command, outcome, count]) => (Number(count) > 0 ? [`${command} ${outcome}`] : []))
      );
    });
    expect(counted.filter((one) => one.includes('SERVICE_UNAVAILABLE'))).to.deep.equal([]);
    expect(
      instance
        .said()
        .split('\n')
        // A busy machine may hold the event loop up, which is no outage.
        .filter((line) => /"level":[456]0/.test(line) && !line.includes('the event loop is blocked')),
    ).to.deep.equal([]);
  });
});
