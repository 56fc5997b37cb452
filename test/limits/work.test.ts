import { expect } from 'chai';
import { setTimeout as wait } from 'node:timers/promises';
import type { CreatePayload, Reply } from '#contract';
import { JWT, sign } from '../access/kit.ts';
import { Crowd } from '../clients/crowd.ts';
import { insist } from '../clients/insist.ts';
import { chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import type { TestClient } from '../kit/socket-client.ts';
import { until } from '../kit/until.ts';
import { every } from './every.ts';

const PLAYERS = 1_000;
/** The limits as they are where nobody sets any. */
const DEFAULTS = { RATE_LIMIT_GENERAL: '', RATE_LIMIT_SWITCH: '', RATE_LIMIT_SOCKET: '' };

const codesOf = (replies: Reply<unknown>[]) => {
  const codes: Record<string, number> = {};
  for (const reply of replies) {
    const code = reply.ok ? 'ok' : reply.error.code;
    codes[code] = (codes[code] ?? 0) + 1;
  }
  return codes;
};

/** A session of a thousand participants with ids as long as they may be: half a megabyte. */
const heavy = (): CreatePayload & { session_id: string } => {
  const long = (n: number) => String(n).padStart(6, '0').padEnd(128, 'x');
  const participants = Array.from({ length: PLAYERS }, (_, n) => ({ participant_id: long(n), group_id: long(n) }));
  return chess({ sync_mode: 'count_up', max_time_ms: 80_000_000, participants, metadata: { m: 'x'.repeat(10_000) } });
};

/** Stands for the reply where the connection has ended, as a flooding client's may: its heartbeats are not read. */
const GONE: Reply<unknown> = { ok: false, error: { code: 'RATE_LIMIT_EXCEEDED', message: 'gone', retryable: true }, server_time_ms: 0 };

/** A flood is not even read for a while, so its answers may come late. */
const send = async ({ socket }: TestClient, name: string, payload: object): Promise<Reply<unknown>> =>
  socket
    .timeout(90_000)
    .emitWithAck(name, payload)
    .then(
      (reply: Reply<unknown>) => reply,
      () => GONE,
    );

describe('the cost of commands, with the limits as they are by default', () => {
  let cluster: Cluster;
  afterEach(() => cluster.close());

  it('Q-65 two players of bullet chess never meet a limit', async () => {
    cluster = await openCluster({ ...JWT, ...DEFAULTS });
    const app = await cluster.instance();
    const { session_id } = chess();
    const owner = await cluster.client(app, { auth: { token: await sign({ sub: 'owner' }) } });
    await owner.ok('session:create', chess({ session_id }));
    const players = await Promise.all(
      ['white', 'black'].map(async (participant_id) =>
        cluster.client(app, {
          auth: { token: await sign({ sub: participant_id, participant_id, sessions: { [session_id]: 'participant' } }) },
        }),
      ),
    );
    for (const player of players) await player.ok('session:join', { session_id });
    await owner.ok('session:start', { session_id });
    for (let move = 0; move < 50; move++) {
      const player = players[move % 2];
      await Promise.all([player?.ok('session:message', { session_id, message: { move: 'e2e4' } }), player?.ok('time:sync', {})]);
      await player?.ok('session:switch', { session_id });
      // A person makes at most ten moves a second.
      await wait(100);
    }
  });

  const crowdIn = async (url: string, session_id: string, spreadMs: number) => {
    const crowd = new Crowd();
    const sessions = Array.from({ length: PLAYERS }, () => session_id);
    // On a busy machine some clients may have to join twice, but none may be refused by a limit.
    const { refused } = await crowd.enter({ url, sessions, spreadMs, deltas: true });
    expect(refused).not.to.have.property('RATE_LIMIT_EXCEEDED');
    return crowd;
  };
  const allKnow = (crowd: Crowd, version: number) =>
    until('all are told', async () => (await crowd.known()).every(([, known]) => known === version), 30_000);

  it('Q-65 a thousand people of an exam who join at once never meet a limit', async () => {
    cluster = await openCluster(DEFAULTS);
    const app = await cluster.process(DEFAULTS);
    const invigilator = await cluster.client(app);
    const { session_id } = await invigilator.ok(
      'session:create',
      chess({ sync_mode: 'global', total_time_ms: 3_600_000, participants: [] }),
    );
    const crowd = await crowdIn(app.url, session_id, 0);
    try {
      await invigilator.ok('session:start', { session_id });
      await allKnow(crowd, 2);
    } finally {
      await crowd.close();
    }
  });

  it('Q-65 a quiz master with a thousand players never meets a limit', async () => {
    cluster = await openCluster(DEFAULTS);
    const app = await cluster.process(DEFAULTS);
    const master = await cluster.client(app);
    const participants = Array.from({ length: PLAYERS }, (_, n) => ({ participant_id: `player-${n}` }));
    const { session_id } = await master.ok('session:create', chess({ sync_mode: 'per_cycle', time_per_cycle_ms: 60_000, participants }));
    const crowd = await crowdIn(app.url, session_id, 5_000);
    try {
      await master.ok('session:start', { session_id });
      // "Ten seconds more", four times in a row.
      for (let n = 0; n < 4; n++) await master.ok('session:adjust', { session_id, delta_ms: 10_000 });
      for (const command of ['session:pause', 'session:resume', 'session:switch'] as const) await master.ok(command, { session_id });
      await every(1_500, 4, () => master.ok('session:switch', { session_id }));
      const { version } = await master.ok('session:get', { session_id });
      await allKnow(crowd, version);
    } finally {
      await crowd.close();
    }
  });

  it('Q-65 a backend with two hundred small sessions on one socket, at forty commands a second, never meets a limit', async () => {
    cluster = await openCluster(DEFAULTS);
    const backend = await cluster.client(await cluster.instance());
    const ids = await every(25, 200, async () => (await backend.ok('session:create', chess())).session_id);
    await every(25, 200, (n) => backend.ok('session:start', { session_id: ids[n] ?? '' }));
    await every(25, 200, (n) => backend.ok('session:switch', { session_id: ids[n] ?? '' }));
  });

  const attacks: [what: string, attack: (session_id: string, n: number) => [name: string, payload: object]][] = [
    [
      'adjustments of a large session',
      (session_id: string, n: number) => ['session:adjust', { session_id, delta_ms: n % 2 === 0 ? 1 : -1 }],
    ],
    ['large sessions that are created', () => ['session:create', heavy()]],
    ['reads of a large session', (session_id: string) => ['session:get', { session_id }]],
    ['messages to a large session', (session_id: string) => ['session:message', { session_id, message: 1 }]],
  ];
  for (const [what, attack] of attacks) {
    it(`Q-66 forty-five ${what} a second from one socket cost that socket, and others keep their service`, async () => {
      cluster = await openCluster(DEFAULTS);
      const app = await cluster.instance();
      const [attacker, bystander] = [await cluster.client(app), await cluster.client(app)];
      const { session_id } = await attacker.ok('session:create', heavy());
      const { session_id: game } = await bystander.ok('session:create', chess());
      await bystander.ok('session:start', { session_id: game });
      const playing = (async () => {
        for (let n = 0; n < 20; n++) {
          await bystander.ok('session:pause', { session_id: game });
          await wait(100);
          await bystander.ok('session:resume', { session_id: game });
        }
      })();
      const replies = await every(22, 180, (n) => send(attacker, ...attack(session_id, n)));
      const { ok = 0, RATE_LIMIT_EXCEEDED: refused = 0, ...others } = codesOf(replies);
      expect(others).to.deep.equal({});
      // Each costs half a megabyte several times over, so ten seconds of saved credits pay for a few. On a busy machine
      // more are under way before the first of them is charged.
      expect(ok).to.be.within(3, 90);
      expect(refused).to.equal(180 - ok);
      await playing;
      const last = replies.find((reply) => !reply.ok);
      const details = last?.ok === false ? (last.error.details as { retry_after_ms: number }) : { retry_after_ms: 0 };
      expect(details.retry_after_ms).to.be.above(0);
      expect((await rest(app, 'GET', '/metrics')).text).to.match(/synckairos_rate_limited_total\{limit="socket_work"\} \d/);
    });
  }

  it('Q-84 a join that claims to have seen a later version is charged for each read of its session', async () => {
    cluster = await openCluster(DEFAULTS);
    const app = await cluster.instance();
    const { session_id, version, epoch } = await (await cluster.client(app)).ok('session:create', heavy());
    // Credits belong to a connection: another one has not paid for the creation.
    const client = await cluster.client(app);
    const began = performance.now();
    let joins = 0;
    for (; joins < 100; joins++) {
      const reply = await send(client, 'session:join', { session_id, last_known_version: version + 1, last_known_epoch: epoch });
      if (!reply.ok) break;
    }
    const seconds = (performance.now() - began) / 1_000;
    const megabytes = (50 * 16 * (10 + seconds)) / 1_024;
    // Half a megabyte each: three reads and the answer. One more is let in before the debt begins.
    expect(joins).to.be.at.most(Math.ceil(megabytes / 2) + 1);
  });

  it('Q-66 commands that are sent at once are not all accepted at once', async () => {
    cluster = await openCluster({ ...JWT, ...DEFAULTS });
    const app = await cluster.instance();
    const token = await sign({ sub: 'mallory' });
    const sockets = await Promise.all(Array.from({ length: 20 }, () => cluster.client(app, { auth: { token } })));
    const { session_id } = await insist(sockets[0] as TestClient, 'session:create', { ...heavy(), command_id: 'heavy' });
    const bystander = await cluster.client(app, { auth: { token: await sign({ sub: 'anna' }) } });
    const began = performance.now();
    const replies = await Promise.all(
      sockets.flatMap((socket) => Array.from({ length: 40 }, () => send(socket, 'session:adjust', { session_id, delta_ms: 1 }))),
    );
    const { RATE_LIMIT_EXCEEDED: refused = 0 } = codesOf(replies);
    // Some that race each other on a busy machine may come too late for the store. Let in are those that twenty seconds
    // of credits pay for.
    expect(20 * 40 - refused).to.be.within(3, 40 + 2 * Math.ceil((performance.now() - began) / 1_000));
    await insist(bystander, 'session:create', chess({ command_id: 'game' }));
    expect((await rest(app, 'GET', '/metrics')).text).to.match(/synckairos_rate_limited_total\{limit="person_work"\} [1-9]/);
  });
});
