import { expect } from 'chai';
import type { CodeData, CommandName, CreatePayload, Reply, Role, SharedRole, ShareData } from '#contract';
import { schemas } from '../../server/transport/schemas.ts';
import { auction, chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { TestClient } from '../kit/socket-client.ts';
import { freshDatabase } from '../kit/services.ts';
import { as, JWT, sign, sovereign } from './kit.ts';
import { type Cell, CELLS, type Column, roleTable } from './role-table.ts';

/** How somebody came to a column: the token they hold for a session. */
type Holder = (id: string) => Promise<string>;

/** The session a command is tried on, and what is sent. */
interface Trial {
  prepare: ('start' | 'switch' | 'pause')[];
  payload: object;
  /** What the session is created with beside what all are. */
  change?: Partial<CreatePayload>;
  /** Of REST; undefined where the command has no route. */
  route?: [method: string, path: (id: string) => string, success: number];
}

const verb = (name: string, prepare: Trial['prepare'], payload: object = {}): Trial => ({
  prepare,
  payload,
  route: ['POST', (id) => `/v1/sessions/${id}/${name}`, 200],
});

/** A session in which everybody has a clock that runs by itself. */
const CONCURRENT: Partial<CreatePayload> = { concurrent: true, undo_depth: 0, increment_ms: 0 };

const TRIALS: Record<Exclude<CommandName, 'session:create' | 'code:open' | 'auth:refresh'>, Trial> = {
  'session:join': { prepare: [], payload: {} },
  'session:leave': { prepare: [], payload: {} },
  'session:get': { prepare: [], payload: {}, route: ['GET', (id) => `/v1/sessions/${id}`, 200] },
  'session:history': { prepare: [], payload: {}, route: ['GET', (id) => `/v1/sessions/${id}/events`, 200] },
  'session:start': verb('start', []),
  'session:switch': verb('switch', ['start']),
  'session:pause': verb('pause', ['start']),
  'session:resume': verb('resume', ['start', 'pause']),
  'session:finish': { ...verb('finish', ['start'], { participant_id: 'white' }), change: CONCURRENT },
  'session:undo': verb('undo', ['start', 'switch']),
  'session:extend': { ...verb('extend', ['start']), change: auction() },
  'session:schedule': verb('schedule', []),
  'session:edit': verb('edit', [], { metadata: { room: 'B2' } }),
  'session:complete': verb('complete', ['start']),
  'session:cancel': verb('cancel', []),
  'session:message': verb('message', [], { message: 'hello' }),
  'session:adjust': verb('adjust', [], { participant_id: 'white', delta_ms: 1_000 }),
  'session:delete': { prepare: [], payload: {}, route: ['DELETE', (id) => `/v1/sessions/${id}`, 204] },
  'session:share': { prepare: [], payload: { role: 'viewer' }, route: ['POST', (id) => `/v1/sessions/${id}/share`, 201] },
  'session:links': { prepare: [], payload: {}, route: ['GET', (id) => `/v1/sessions/${id}/share`, 200] },
  'session:revoke': { prepare: [], payload: { link_id: 'some' }, route: ['DELETE', (id) => `/v1/sessions/${id}/share/some`, 204] },
  'session:code': { prepare: [], payload: { way: 'watch' }, route: ['POST', () => '/v1/codes', 201] },
  'time:sync': { prepare: [], payload: {} },
};

/** What REST sends; only a code is made at a path that does not name the session. */
const bodyOf = (name: CommandName, session_id: string, payload: object): object =>
  name === 'session:code' ? { session_id, ...payload } : payload;

const FREE_OF_SESSION = new Set<CommandName>(['time:sync', 'code:open', 'auth:refresh']);

describe('roles', () => {
  let cluster: Cluster;
  let a: { url: string };
  let b: { url: string };
  let boss: string;
  let walked = 0;

  before(async () => {
    cluster = await openCluster({ ...JWT, DATABASE_URL: await freshDatabase(), AUDIT_WORKER: 'inline' });
    [a, b] = [await cluster.instance(), await cluster.instance()];
    boss = await sovereign();
  });
  after(() => cluster.close());

  const claim = (role: Role, pattern: (id: string) => string): Holder => {
    return (id) => sign({ participant_id: 'white', sessions: { [pattern(id)]: role } });
  };
  const link =
    (role: SharedRole): Holder =>
    (id) =>
      shared(id, role);
  const shared = async (id: string, role: SharedRole): Promise<string> => {
    const payload = { role, ...(role === 'participant' ? { participant_id: 'white' } : {}) };
    const reply = (await as(boss, a, 'POST', `/v1/sessions/${id}/share`, payload)).reply<ShareData>();
    if (!reply.ok) throw new Error(JSON.stringify(reply));
    return reply.data.token;
  };
  const byClaims = (role: Role): [string, Holder][] => [
    ['claim', claim(role, (id) => id)],
    ['prefix claim', claim(role, (id) => `${id.slice(0, -1)}*`)],
  ];
  const another: Holder = () => sign({ sub: 'ben' });
  const isUser = (holder: Holder) => holder === another;
  const HOLDERS: Record<Column, [string, Holder][]> = {
    owner: [...byClaims('owner'), ['creator', () => sign({ sub: 'anna' })]],
    controller: [...byClaims('controller'), ['link', link('controller')]],
    participant: [...byClaims('participant'), ['link', link('participant')]],
    viewer: [...byClaims('viewer'), ['link', link('viewer')]],
    'no role': [
      ['claim for another session', (id) => sign({ sessions: { [`${id}x`]: 'owner' } })],
      ['another user', another],
      ['link to another session', async () => shared(await session(`other-${++walked}`), 'controller')],
    ],
  };

  /** A session of Anna's, brought to where the command makes sense. */
  const session = async (id: string, prepare: Trial['prepare'] = [], change: Partial<CreatePayload> = {}): Promise<string> => {
    const anna = await sign({ sub: 'anna' });
    for (const [path, body] of [
      ['', chess({ session_id: id, undo_depth: 1, ...change })],
      ...prepare.map((name) => [`/${id}/${name}`, {}] as const),
    ] as const) {
      const answer = await as(anna, b, 'POST', `/v1/sessions${path}`, body);
      if (answer.status > 201) throw new Error(answer.text);
    }
    return id;
  };

  /** Sends the command over each transport it has, on a session of its own each time, and tells what came back. */
  const outcomes = async (
    name: CommandName,
    holder: Holder,
    change: Partial<CreatePayload> = {},
    extra: object = {},
    prepare = name === 'session:create' || name === 'code:open' || name === 'auth:refresh' ? [] : TRIALS[name].prepare,
  ): Promise<string[]> => {
    const results: string[] = [];
    const tell = (reply: Reply<unknown>) => results.push(reply.ok ? 'ok' : reply.error.code);
    const over = async (id: string, send: (client: TestClient, token: string) => Promise<Reply<unknown>>) => {
      const token = await holder(id);
      const client = await TestClient.connect(a.url, { auth: { token } });
      tell(await send(client, token));
      client.close();
    };
    const fresh = () => `cell-${++walked}`;
    if (name === 'auth:refresh') {
      await over(await session(fresh()), (client, token) => client.raw(name, { token }));
      return results;
    }
    if (name === 'code:open') {
      const id = await session(fresh());
      const made = (await as(await sign({ sub: 'anna' }), b, 'POST', '/v1/codes', { session_id: id, way: 'watch' })).reply<CodeData>();
      const code = made.ok ? made.data.code : '';
      await over(id, (client) => client.raw(name, { code }));
      tell((await as(await holder(id), b, 'GET', `/j/${code}`)).reply());
      return results;
    }
    if (name === 'session:create') {
      // A link is made for an existing session; its holder tries to create another one.
      const named = async () => (isLink(holder) ? session(fresh()) : fresh());
      const id = await named();
      await over(id, (client) => client.raw(name, chess({ session_id: isLink(holder) ? `${id}x` : id })));
      const other = await named();
      tell((await as(await holder(other), b, 'POST', '/v1/sessions', chess({ session_id: isLink(holder) ? `${other}x` : other }))).reply());
      return results;
    }
    const trial = TRIALS[name];
    const payload = { ...trial.payload, ...extra };
    const changes = { ...trial.change, ...change };
    const one = await session(fresh(), prepare, changes);
    await over(one, (client) => client.raw(name, FREE_OF_SESSION.has(name) ? payload : { session_id: one, ...payload }));
    if (trial.route === undefined) return results;
    const [method, path, success] = trial.route;
    const two = await session(fresh(), prepare, changes);
    const answer = await as(await holder(two), b, method, path(two), method === 'POST' ? bodyOf(name, two, payload) : undefined);
    if (answer.status === 204) results.push('ok');
    else tell(answer.reply());
    expect(answer.status, `${name} over REST`).to.be.oneOf([success, 400, 403, 409]);
    return results;
  };
  const links = new Set<Holder>();
  const isLink = (holder: Holder) => links.has(holder);

  /** What must come back over every transport. */
  const EXPECTED: Record<Cell, (name: CommandName, holder: Holder) => Promise<void>> = {
    yes: async (name, holder) => expectAll(await outcomes(name, holder), 'ok'),
    no: async (name, holder) => expectAll(await outcomes(name, holder), 'FORBIDDEN'),
    users: async (name, holder) => expectAll(await outcomes(name, holder), isUser(holder) ? 'ok' : 'FORBIDDEN'),
    'own turn': async (name, holder) => {
      const blackBegins = { active_participant_id: 'black' };
      expectAll(await outcomes(name, holder), 'ok');
      expectAll(await outcomes(name, holder, {}, { current_participant_id: 'white', next_participant_id: 'black' }), 'ok');
      expectAll(await outcomes(name, holder, blackBegins), 'NOT_ACTIVE_PARTICIPANT');
      expectAll(await outcomes(name, holder, blackBegins, { current_participant_id: 'black' }), 'FORBIDDEN');
      expectAll(await outcomes(name, holder, {}, { next_participant_id: 'white' }), 'FORBIDDEN');
    },
    'own clock': async (name, holder) => {
      const own = { participant_id: 'white' };
      expectAll(await outcomes(name, holder, CONCURRENT, { participant_id: 'black' }), 'FORBIDDEN');
      if (name === 'session:finish') return expectAll(await outcomes(name, holder, CONCURRENT, own), 'ok');
      expectAll(await outcomes(name, holder), 'FORBIDDEN');
      expectAll(await outcomes(name, holder, CONCURRENT, own), 'FORBIDDEN');
      expectAll(await outcomes(name, holder, { ...CONCURRENT, participants_may_start: true }, own), 'ok');
      // The session was started, so their clock runs already.
      expectAll(await outcomes(name, holder, CONCURRENT, own, ['start']), 'INVALID_STATE_TRANSITION');
    },
    'own name': async (name, holder) => {
      expectAll(await outcomes(name, holder), 'ok');
      expectAll(await outcomes(name, holder, {}, { participant_id: 'white' }), 'ok');
      expectAll(await outcomes(name, holder, {}, { participant_id: 'black' }), 'FORBIDDEN');
    },
    'not who joins': async (name, holder) => {
      expectAll(await outcomes(name, holder), 'ok');
      expectAll(await outcomes(name, holder, {}, { participants: [{ participant_id: 'white', name: 'Ann', withdrawn: true }] }), 'ok');
      const joins = { participants: [{ participant_id: 'white' }, { participant_id: 'late', total_time_ms: 60_000 }] };
      expectAll(await outcomes(name, holder, {}, joins), 'FORBIDDEN');
    },
    'if allowed': async (name, holder) => {
      const mayPause = { ...CONCURRENT, participants_may_pause: true };
      const own = { participant_id: 'white' };
      expectAll(await outcomes(name, holder, mayPause), 'FORBIDDEN');
      expectAll(await outcomes(name, holder, mayPause, { participant_id: 'black' }), 'FORBIDDEN');
      expectAll(await outcomes(name, holder, CONCURRENT, own), 'FORBIDDEN');
      const isPause = name === 'session:pause';
      expectAll(await outcomes(name, holder, mayPause, own, ['start']), isPause ? 'ok' : 'INVALID_STATE_TRANSITION');
      expectAll(await outcomes(name, holder, { participants_may_pause: true }), 'ok');
      expectAll(await outcomes(name, holder), 'FORBIDDEN');
      expectAll(await outcomes(name, holder, { participants_may_pause: false }), 'FORBIDDEN');
    },
  };

  const table = roleTable();

  it('G-20 the table of docs/SECURITY.md has every command and a word for every cell', () => {
    expect([...table.keys()].toSorted()).to.deep.equal(Object.keys(schemas).toSorted());
    for (const [name, row] of table) {
      expect([...row.keys()], name).to.deep.equal(Object.keys(HOLDERS));
      for (const cell of row.values()) expect(cell, name).to.be.oneOf([...CELLS]);
    }
  });

  for (const [name, row] of table) {
    it(`G-21 ${name} is allowed to each role as the table says, over every transport and for every way of coming by the role`, async () => {
      for (const holders of Object.values(HOLDERS)) for (const [how, holder] of holders) if (how.startsWith('link')) links.add(holder);
      for (const [column, cell] of row) {
        for (const [how, holder] of HOLDERS[column]) {
          await EXPECTED[cell](name, holder).catch((error: unknown) => {
            throw new Error(`${name} as ${column} by ${how} (${cell}): ${String(error)}`);
          });
        }
      }
    });
  }

  it('G-22 without a token every route of a command answers 401, in any spelling', async () => {
    const id = await session('tokenless');
    const routes = Object.values(TRIALS).flatMap(({ route }) => (route === undefined ? [] : [route]));
    for (const [method, path] of [...routes, ['POST', () => '/v1/sessions', 201] as const]) {
      for (const spelled of [path(id), path(id).replace('v1', 'V1'), `${path(id)}/`]) {
        const answer = await rest(a, method, spelled, method === 'POST' ? {} : undefined);
        expect(answer.status, `${method} ${spelled}`).to.equal(401);
        expect(answer.headers.get('www-authenticate'), spelled).to.match(/^Bearer/);
        expect(answer.reply()).to.have.nested.property('error.code', 'UNAUTHORIZED');
      }
    }
  });
});

function expectAll(results: string[], expected: string): void {
  expect([...new Set(results)], results.join(', ')).to.deep.equal([expected]);
}
