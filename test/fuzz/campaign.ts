import { expect } from 'chai';
import fc from 'fast-check';
import { ERROR_CODES, type ErrorCode } from '#contract';
import { chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import { type Cluster } from '../kit/server.ts';
import { conversation, converse } from './conversations.ts';
import { eventText, junkFrame } from './inputs.ts';
import { RawSocket } from './raw-socket.ts';
import { exchange, pipeline, requestBytes } from './requests.ts';

export interface Plan {
  seed: number;
  /** How many of each. */
  events: number;
  binaries: number;
  frames: number;
  conversations: number;
  requests: number;
}

export interface Report {
  inputs: number;
  /** Answers by code, `ok` among them. */
  answers: Record<string, number>;
  /** MB of heap after each tenth of the inputs, the larger one of the instances. */
  heap: number[];
}

const BATCH = 100;
/** Nothing that is sent may lead to these. */
const NEVER: ReadonlySet<ErrorCode> = new Set(['INTERNAL_ERROR', 'STATE_DESERIALIZATION_ERROR', 'UNAUTHORIZED']);

/**
 * Sends everything to two instances by turns. Rejects at the first answer that is none of the contract's, or is
 * missing.
 */
export async function campaign(instances: [{ url: string }, { url: string }], plan: Plan): Promise<Report> {
  const total = plan.events + plan.binaries + plan.frames + plan.conversations + plan.requests;
  const report: Report = { inputs: 0, answers: {}, heap: [] };
  let sessions = await freshSessions(instances[0]);
  let turn = 0;
  let batch = 0;

  const count = (code: string) => (report.answers[code] = (report.answers[code] ?? 0) + 1);
  const done = async (inputs: number) => {
    const tenth = Math.floor((10 * report.inputs) / total);
    report.inputs += inputs;
    if (Math.floor((10 * report.inputs) / total) > tenth) {
      report.heap.push(Math.max(...(await Promise.all(instances.map(heapOf)))));
      // Most of the sessions have been ended by random commands.
      sessions = await freshSessions(instances[0]);
    }
  };
  const next = () => instances[turn++ % 2] as { url: string };
  /** Inputs in batches; each batch has a seed of its own, so that none has to be kept. */
  const batches = async <Input>(amount: number, arbitrary: () => fc.Arbitrary<Input>, send: (inputs: Input[]) => Promise<unknown>) => {
    for (let sent = 0; sent < amount; sent += BATCH) {
      const inputs = fc.sample(arbitrary(), { numRuns: Math.min(BATCH, amount - sent), seed: (plan.seed * 100_003 + batch++) | 0 });
      await send(inputs);
      await done(inputs.length);
    }
  };

  await batches(
    plan.events,
    () => eventText(sessions),
    async (inputs) => {
      const socket = await RawSocket.connect(next().url);
      // Every tenth event is sent without an acknowledgement.
      const answers = inputs.map(async (text, index) => {
        if (index % 10 === 9) socket.send(`42${text}`);
        else count(codeOf(await socket.event(text), text));
      });
      await Promise.all(answers);
      socket.close();
    },
  );
  await batches(
    plan.binaries,
    () => fc.tuple(eventText(sessions), fc.uint8Array({ maxLength: 500 })),
    async (inputs) => {
      const socket = await RawSocket.connect(next().url);
      for (const [text, bytes] of inputs) {
        const placed = text.replace(/\]$/, ',{"_placeholder":true,"num":0}]');
        const answer = await socket.event(placed, Buffer.from(bytes));
        // A packet whose placeholder names no attachment ends the connection.
        if (answer === undefined) return;
        count(codeOf(answer, text));
      }
      socket.close();
    },
  );
  await batches(
    plan.frames,
    () => junkFrame,
    async (inputs) => {
      for (const frame of inputs) {
        const socket = await RawSocket.connect(next().url);
        socket.send(frame);
        // Either it goes on serving, or the connection has ended.
        const answer = await socket.event('["time:sync",{}]');
        count(answer === undefined ? 'closed' : codeOf(answer, String(frame)));
        socket.close();
      }
    },
  );
  await batches(
    plan.conversations,
    () => conversation(sessions),
    async (inputs) => {
      const { url } = next();
      await Promise.all(
        inputs.map(async (input) => {
          const said = `${input.path} ${Buffer.concat(input.pieces).toString('latin1').slice(0, 500)}`;
          const { end, refusal, replies, connected } = await converse(url, input);
          count(end);
          if (end === 'refused')
            expect(refusal, `${said} ${input.headers.join()} → ${refusal}`).to.match(/^Error: HTTP\/1\.1 4\d\d .*\{"ok":false,/s);
          expect(connected, said).to.be.below(2);
          for (const reply of replies) count(codeOf(reply, said));
        }),
      );
    },
  );
  await batches(
    plan.requests,
    () => fc.oneof({ weight: 9, arbitrary: requestBytes(sessions).map((bytes) => [bytes]) }, { weight: 1, arbitrary: pipeline(sessions) }),
    async (inputs) => {
      const { url } = next();
      await Promise.all(
        inputs.map(async (requests) => {
          const answer = await exchange(url, Buffer.concat(requests));
          const [first = Buffer.alloc(0)] = requests;
          count(requests.length === 1 ? checkRequest(first, answer) : `pipeline ${answer?.status ?? 'hung up'}`);
          if (answer !== null && answer.status !== 503) expect(answer.status, first.toString()).to.be.within(200, 499);
        }),
      );
    },
  );
  // On a machine with too much to do Redis may take longer than it is given. That is the one 5xx there may be, and it
  // must stay the exception.
  expect(report.answers['SERVICE_UNAVAILABLE'] ?? 0, JSON.stringify(report.answers)).to.be.below(total / 100);
  return report;
}

/** A reply's code, or `ok`; throws for what is no reply. */
function codeOf(reply: unknown, input: string): string {
  const { ok, data, error, server_time_ms } = (reply ?? {}) as Record<string, unknown>;
  const said = `${input.slice(0, 500)} was answered with ${JSON.stringify(reply)?.slice(0, 500)}`;
  expect(server_time_ms, said).to.satisfy(Number.isSafeInteger);
  if (ok === true) {
    expect(data, said).to.be.an('object');
    return 'ok';
  }
  const { code, message, retryable } = error as { code: ErrorCode; message: unknown; retryable: unknown };
  expect(ok, said).to.equal(false);
  expect(ERROR_CODES, said).to.include(code);
  expect(NEVER.has(code), said).to.equal(false);
  expect([typeof message, typeof retryable], said).to.deep.equal(['string', 'boolean']);
  expect(JSON.stringify(reply), said).not.to.match(/node_modules|\.ts:\d|\bat \w+ \(/);
  return code;
}

function checkRequest(bytes: Buffer, answer: { status: number; type: string; body: string } | null): string {
  const [line = ''] = bytes.toString('latin1').split('\r\n', 1);
  const said = `${bytes.subarray(0, 600).toString()}\n→ ${JSON.stringify(answer)?.slice(0, 600)}`;
  // Whoever asks for a tunnel or another protocol is hung up on.
  if (answer === null) {
    expect(/^CONNECT |\r\nUpgrade: /i.test(bytes.toString('latin1')), said).to.equal(true);
    return 'hung up';
  }
  // `/ready` answers without the envelope, also with 503.
  if (answer.status === 503 && answer.body.startsWith('{"status":"not_ready"')) return 'not ready';
  if (answer.status !== 503) expect(answer.status, said).to.be.within(200, 499);
  if (answer.status >= 400 && !line.startsWith('HEAD')) {
    expect(answer.type, said).to.equal('application/json');
    return codeOf(JSON.parse(answer.body), said);
  }
  return String(answer.status);
}

async function freshSessions(instance: { url: string }): Promise<string[]> {
  const games = Array.from({ length: 8 }, () => chess());
  for (const game of games) {
    await rest(instance, 'POST', '/v1/sessions', game);
    await rest(instance, 'POST', `/v1/sessions/${game.session_id}/start`);
  }
  return games.map((game) => game.session_id);
}

async function heapOf(instance: { url: string }): Promise<number> {
  const { text } = await rest(instance, 'GET', '/metrics');
  return Math.round(Number(/^nodejs_heap_size_used_bytes (\S+)/m.exec(text)?.[1]) / 1e6);
}

/** Plays a game over both instances and compares what each of them, its sockets and its history know of it. */
export async function playAGame(cluster: Cluster, [a, b]: [{ url: string }, { url: string }]): Promise<void> {
  const [white, black] = [await cluster.client(a), await cluster.client(b)];
  const { session_id } = await white.ok('session:create', chess());
  await black.ok('session:join', { session_id });
  await white.ok('session:start', { session_id });
  for (let move = 0; move < 20; move++) {
    const [player, name] = move % 2 === 0 ? [white, 'white'] : [black, 'black'];
    await player.ok('session:switch', { session_id, current_participant_id: name });
  }
  await black.ok('session:complete', { session_id });
  for (const player of [white, black]) {
    const versions = [];
    while (versions.at(-1) !== 23) versions.push((await player.next('session:update')).version);
    expect(versions.toSorted((x, y) => x - y)).to.deep.equal(Array.from({ length: 22 }, (_, index) => index + 2));
  }
  const states = [await white.ok('session:get', { session_id }), await black.ok('session:get', { session_id })];
  expect(states[0]).to.deep.equal(states[1]);
  expect(states[0]).to.include({ version: 23, status: 'completed', cycle_count: 20 });
}
