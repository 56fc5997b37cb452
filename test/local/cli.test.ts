import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { doctor, type Finding } from '../../server/cli/doctor.ts';
import { onSession } from '../../server/cli/sessions.ts';
import { UsageError } from '../../server/cli/usage.ts';
import type { SessionState } from '../../client-sdk/src/index.ts';
import { chess } from '../kit/games.ts';
import { freshDatabase, freshDirectory, redisUrl } from '../kit/services.ts';
import { until } from '../kit/until.ts';
import { Stage } from '../sdk/kit.ts';

const PROGRAM = path.resolve(import.meta.dirname, '../../server/cli/main.ts');
const failure = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => null,
    (error: unknown) => error,
  );

describe('the program synckairos', () => {
  let stage: Stage;
  beforeEach(() => (stage = new Stage()));
  afterEach(() => stage.close());

  /** Runs a command on a session and returns the lines that it prints. */
  async function lines(url: string, verb: string, ...args: string[]): Promise<string[]> {
    const said: string[] = [];
    await onSession(verb, args, { url, token: undefined, json: false, say: (line) => said.push(line) });
    return said;
  }

  it('CL-1 it creates a session of fields or of a file, sends any command to it, and prints its clocks in one line', async () => {
    const { url } = await stage.instance();
    const folder = await freshDirectory('cli');
    await mkdir(folder);
    const file = path.join(folder, 'game.json');
    const game = chess();
    await writeFile(file, JSON.stringify(game));
    const id = game.session_id;
    expect(await lines(url, 'create', file, 'increment_ms=3000')).to.deep.equal([`${id} v1 pending  white 30:00  black 30:00`]);
    expect(await lines(url, 'start', id, 'active_participant_id=black')).to.deep.equal([`${id} v2 running  white 30:00  ▶ black 30:00`]);
    expect(JSON.parse((await lines(url, 'switch', id))[0] ?? '')).to.include({ version: 3, active_participant_id: 'white' });
    expect(await lines(url, 'pause', id, 'expected_version=3')).to.have.lengthOf(1);
    expect((await lines(url, 'create', 'session_id=lot', 'sync_mode=global', 'total_time_ms=60000'))[0]).to.equal(
      'lot v1 pending  clock 1:00',
    );
    expect(await failure(lines(url, 'switch', id))).to.include({ code: 'INVALID_STATE_TRANSITION' });
    expect(await failure(lines(url, 'create', 'sync_mode=dance'))).to.include({ code: 'VALIDATION_ERROR' });
  });

  it('CL-2 it watches a session until that is over, and prints each state', async () => {
    const { url } = await stage.instance();
    const client = stage.client(url);
    const { session_id: id } = await client.createSession(chess());
    const said: SessionState[] = [];
    const call = { url, token: undefined, json: true, say: (line: string) => said.push(JSON.parse(line) as SessionState) };
    const watching = onSession('watch', [id], call);
    await until('the first state', async () => said.length > 0);
    await client.startSession(id);
    await client.completeSession(id);
    await watching;
    expect(said.map((state) => state.status)).to.deep.equal(['pending', 'running', 'completed']);
    const stop = new AbortController();
    const { session_id: other } = await client.createSession(chess());
    const endless = onSession('watch', [other], { ...call, signal: stop.signal });
    stop.abort();
    await endless;
    expect(await failure(onSession('watch', ['nobody-made-it'], call))).to.include({ code: 'SESSION_NOT_FOUND' });
  });

  it('CL-3 arguments that cannot be used are refused with what to write instead', async () => {
    const refusals = await Promise.all(
      [
        lines('http://127.0.0.1:9', 'pause'),
        lines('http://127.0.0.1:9', 'pause', 'reason=late'),
        lines('http://127.0.0.1:9', 'create'),
        lines('http://127.0.0.1:9', 'create', '/nowhere.json'),
        lines('http://127.0.0.1:9', 'finish', 'exam', 'anna'),
      ].map(failure),
    );
    for (const refusal of refusals) expect(refusal).to.be.instanceOf(UsageError);
    expect((refusals as Error[]).map(({ message }) => message.slice(0, 40))).to.deep.equal([
      'synckairos pause needs the id of a sessi',
      'synckairos pause needs the id of a sessi',
      'synckairos create needs a file, - or fie',
      "/nowhere.json can't be read as JSON: ENO",
      'anna is no field: write field=value',
    ]);
  });

  it('CL-4 the doctor looks at settings, Redis, the database and a server, and says what to do', async () => {
    const { url } = await stage.instance();
    const examine = async (env: Record<string, string>, at = url): Promise<[boolean, Map<string, Finding>]> => {
      const found: Finding[] = [];
      const say = (line: string): void => void found.push(JSON.parse(line) as Finding);
      const healthy = await doctor({ env, url: at, token: undefined, json: true, say });
      return [healthy, new Map(found.map((one) => [one.about, one]))];
    };
    const [, all] = await examine({ REDIS_URL: await redisUrl(), DATABASE_URL: await freshDatabase() });
    for (const about of ['version', 'settings', 'redis', 'database', 'server']) {
      expect(all.get(about), JSON.stringify(all.get(about))).to.include({ ok: true });
    }
    expect(all.get('redis')?.text).to.match(/version \S+, round trip .* ms, clock .* ± .* ms ahead/);
    const [healthy, ill] = await examine(
      { REDIS_URL: 'redis://127.0.0.1:9', DATABASE_URL: 'postgresql://127.0.0.1:9/none' },
      'http://127.0.0.1:9',
    );
    expect(healthy).to.equal(false);
    for (const about of ['redis', 'database', 'server']) expect(ill.get(about), about).to.include({ ok: false });
    expect((await examine({ REDIS_URL: 'nonsense' }))[1].get('settings')).to.include({ ok: false });
  });

  it('CL-5 it ends with 2 for a wrong use, with 1 for a refusal, each after one line that says what', async () => {
    const end = (...args: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> =>
      new Promise((resolve) => {
        const env = { ...process.env, SYNCKAIROS_URL: 'http://127.0.0.1:9' };
        execFile(process.execPath, ['--import', 'tsx', '--conditions=development', PROGRAM, ...args], { env }, (error, stdout, stderr) =>
          resolve({ code: error?.code ?? 0, stdout, stderr }),
        );
      });
    const [helped, wrong, refused] = await Promise.all([end('--help'), end('dance'), end('revoke', 'game', 'link_id=x')]);
    expect(helped).to.include({ code: 0, stderr: '' });
    expect(helped.stdout).to.contain('synckairos watch <session>');
    expect(wrong).to.deep.equal({ code: 2, stdout: '', stderr: 'There is no command dance; synckairos --help lists them\n' });
    expect(refused).to.deep.include({ code: 1, stdout: '' });
    expect(refused.stderr).to.match(/^NETWORK_ERROR: .*\n$/);
  });
});
