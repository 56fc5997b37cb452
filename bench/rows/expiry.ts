import { setTimeout as wait } from 'node:timers/promises';
import type { Socket } from 'socket.io-client';
import type { ExpiredEvent } from '#contract';
import { bounded, compare, type Measure, noted } from '../kit/compare.ts';
import { faultsOf, recordedExpiries } from '../kit/expiries.ts';
import { call, connectClient, within } from '../kit/player.ts';
import type { Program } from '../kit/program.ts';
import type { Row, RowOptions } from '../kit/row.ts';
import { Seeder } from '../kit/seeding.ts';
import type { Side, Stage } from '../kit/stage.ts';
import { median, percentile } from '../kit/statistics.ts';
import { costOf } from '../kit/usage.ts';
import type { TimerTask } from '../programs/timer-control.ts';

/** EXPIRY_GRACE_MS by default, from whose end lateness counts. */
const GRACE_MS = 20;
const FAR_MS = 86_400_000;
const SOCKETS = 4;
/** Sessions that clients watch, of those that are due. */
const WATCHED = 200;
/** From the creation of the last session to the first deadline, so that deadlines do not meet creations. */
const QUIET_MS = 500;
/**
 * The fewest sessions a second that can be made here; the first deadlines lie far enough ahead for it, and later laps
 * use the measured rate.
 */
const SLOWEST_SEEDING = 400;
const PATIENCE_MS = 1_500;

const FULL = { armed: [1_000, 10_000, 100_000], due: [200, 2_000], windowMs: 2_500, rounds: 3 };
const SMOKE = { armed: [1_000], due: [200], windowMs: 1_000, rounds: 2 };

/** Faults of deadlines, found in the trail or, for the first two and the last, at the clients. */
const FAULTS = ['early', 'double', 'missing or wrong', 'not told'];

interface Bench {
  stage: Stage;
  service: Program;
  control: Program;
  sockets: Socket[];
  seeder: Seeder;
}

/** What one side did with the deadlines of a lap. */
interface Turn {
  /** Milliseconds after each was due. */
  lateness: number[];
  /** Microseconds a deadline. */
  cpuUs: number;
}

interface Lap extends Record<Side, Turn> {
  /** As `lateness`, but until the watching clients were told. */
  told: number[];
  /** A count for each of FAULTS. */
  faults: number[];
}

/**
 * One lap: sessions that are due at a steady rate, and others due far later; then the control with the same deadlines.
 */
async function lap(bench: Bench, name: string, count: number, dueASecond: number, far: number, speed: { perSecond: number }): Promise<Lap> {
  const { stage, service, control, sockets, seeder } = bench;
  const began = Date.now();
  const first = began + (count / speed.perSecond) * 1000 + QUIET_MS + 1000;
  const states = await seeder.seed(name, count, (index) => Math.max(1_000, first + (index * 1000) / dueASecond - Date.now()));
  speed.perSecond = Math.max(SLOWEST_SEEDING, (count / (Date.now() - began)) * 1000 * 0.8);

  const told: ExpiredEvent[] = [];
  const listen = (event: ExpiredEvent) => void told.push(event);
  const watched = states.filter((_, index) => index % Math.ceil(count / WATCHED) === 0);
  for (const socket of sockets) socket.on('session:expired', listen);
  await Promise.all(watched.map(({ session_id }, index) => call(sockets[index % SOCKETS] as Socket, 'session:join', { session_id })));
  const quietFrom = Date.now() + QUIET_MS / 2;

  const deadlines = states.map((state) => Date.parse(state.deadline_at ?? ''));
  const last = Math.max(...deadlines);
  await wait(Math.max(0, Math.min(...deadlines) - 100 - Date.now()));
  const cost = await costOf(stage, [service], () => wait(Math.max(0, last + GRACE_MS - Date.now()) + PATIENCE_MS));
  for (const socket of sockets) socket.off('session:expired', listen);
  const expiries = await recordedExpiries(stage);
  await stage.trimOutboxes();

  const faults = faultsOf(states, expiries, GRACE_MS);
  const early = told.filter((event) => event.server_time_ms < Date.parse(event.expired_at) + GRACE_MS).length;
  const heard = new Set(told.map((event) => event.session_id));
  // A client that joined after the end could not be told.
  const untold = watched.filter((state) => Date.parse(state.deadline_at ?? '') >= quietFrom && !heard.has(state.session_id)).length;
  // Deadlines while sessions were still being made are late because of that; they count for correctness only.
  const counted = expiries.filter(({ expiredAt }) => expiredAt >= quietFrom);
  const offsets = counted.map(({ expiredAt }) => expiredAt - Math.min(...counted.map((expiry) => expiry.expiredAt)) + QUIET_MS);
  const task: TimerTask = { offsets, far };
  const bare = await costOf(stage, [control], () => control.ask<number[]>('run', task));
  // Redis rounds its clock down to milliseconds, by half of one on average.
  const latenessOf = (at: number, expiredAt: number) => at + 0.5 - expiredAt - GRACE_MS;
  return {
    service: { lateness: counted.map(({ committedAt, expiredAt }) => latenessOf(committedAt, expiredAt)), cpuUs: cost.programUs / count },
    control: { lateness: bare.result, cpuUs: bare.programUs / counted.length },
    told: told
      .map((event) => ({ at: event.server_time_ms, expiredAt: Date.parse(event.expired_at) }))
      .flatMap(({ at, expiredAt }) => (expiredAt < quietFrom ? [] : latenessOf(at, expiredAt))),
    faults: [faults.early + early, faults.double + told.length - heard.size, faults.missing + faults.wrong, untold],
  };
}

async function measureOne(
  bench: Bench,
  { smoke, progress }: RowOptions,
  armed: number,
  due: number,
  seeded: { far: number; speed: { perSecond: number } },
) {
  const { windowMs, rounds } = smoke ? SMOKE : FULL;
  const count = Math.min(armed, Math.round((due * windowMs) / 1000));
  const title = `${armed / 1000}k armed, ${due} due/s`;
  const more = armed - count - seeded.far;
  if (more > 0) {
    await bench.seeder.seed(
      `far-${armed}-${due}`,
      more,
      () => FAR_MS,
      (done) => done % 10_000 === 0 && progress(`${title}: arming ${done} of ${more}`),
    );
    seeded.far += more;
    await bench.stage.trimOutboxes();
  }
  const laps: Lap[] = [];
  for (let round = 0; round < rounds; round++) {
    laps.push(await lap(bench, `due-${armed}-${due}-${round}`, count, due, armed - count, seeded.speed));
    progress(`${title}: lap ${round + 1} of ${rounds}`);
  }
  // Each lap is a round: laps that differ much show noise of the machine.
  const turns = laps.map(({ service, control }) => ({ service: [service], control: [control] }));
  const lateness = (share: number) => (all: Turn[]) =>
    percentile(
      all.flatMap((turn) => turn.lateness),
      share,
    );
  const fault = (kind: number) => laps.reduce((sum, each) => sum + (each.faults[kind] ?? 0), 0);
  return [
    compare(`${title}: lateness p50`, 'ms', turns, lateness(0.5)),
    bounded(compare(`${title}: lateness p99`, 'ms', turns, lateness(0.99)), 10),
    noted(`${title}: sent to clients p99`, 'ms', median(laps.map((each) => percentile(each.told, 0.99)))),
    compare(`${title}: CPU`, 'µs a deadline', turns, (all) => median(all.map((turn) => turn.cpuUs))),
    ...FAULTS.map((name, kind) => bounded(noted(`${title}: ${name}`, '', fault(kind)), 0)),
  ];
}

/** How long after the end of the grace a deadline is committed, with few to very many deadlines armed. */
export const expiryRow: Row = {
  name: 'expiry',
  title: 'Expiry lateness, from the end of the grace to the commit',
  async run(stage, options) {
    const service = await stage.service();
    const control = await stage.timerControl();
    const sockets: Socket[] = [];
    for (let index = 0; index < SOCKETS; index++) sockets.push(await connectClient(service.url));
    const seeder = new Seeder(service.url, sockets);
    stage.onClose(async () => {
      for (const socket of sockets) socket.close();
      seeder.close();
    });
    const { armed, due } = options.smoke ? SMOKE : FULL;
    const measures: Measure[] = [];
    const seeded = { far: 0, speed: { perSecond: SLOWEST_SEEDING } };
    for (const size of armed) {
      for (const rate of due)
        measures.push(
          ...(await within(600_000, 'a size', measureOne({ stage, service, control, sockets, seeder }, options, size, rate, seeded))),
        );
    }
    return measures;
  },
};
