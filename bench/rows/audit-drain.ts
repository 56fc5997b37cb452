import { bounded, compare, noted, type Plan, takeTurns } from '../kit/compare.ts';
import { drained, Filling, type OutboxEvent, Rows } from '../kit/drain.ts';
import { within } from '../kit/player.ts';
import type { Row } from '../kit/row.ts';
import { percentile } from '../kit/statistics.ts';
import { costOf, memoryOf, profiled } from '../kit/usage.ts';

const FULL = { rounds: 8, turns: 1, events: 20_000 };
const SMOKE = { rounds: 2, turns: 1, events: 4_000 };
const WARM_UP_TURNS = 2;
/** As many events as the relay puts into a job. */
const JOB_EVENTS = 250;
const STEADY = 2_000;
const LAG_MS = 1_000;
const TURN_DEADLINE_MS = 120_000;

interface Turn {
  seconds: number;
  programUs: number;
  redisUs: number;
}

/** How fast a filled outbox becomes rows, and how far rows lag behind at a steady rate. */
export const auditDrainRow: Row = {
  name: 'audit-drain',
  title: 'Audit drain: outbox to rows, against bare BullMQ with one INSERT a job',
  async run(stage, { smoke, progress, profile }) {
    const { events, ...plan }: Plan & typeof FULL = smoke ? SMOKE : FULL;
    const { url: databaseUrl } = await stage.postgres();
    progress(`playing for ${events} events`);
    const instance = await stage.service();
    const filling = await within(TURN_DEADLINE_MS, 'playing', Filling.play(stage, instance.url, events));
    await instance.stop();
    const rows = await Rows.open(databaseUrl);
    stage.onClose(() => rows.close());
    const programs = { service: await stage.worker(databaseUrl), control: await stage.drainControl(databaseUrl) };
    await programs.control.ask('load', jobsOf(filling.partitions.flat()));

    const drain = async (side: keyof typeof programs) => {
      const work = async () => {
        const began = performance.now();
        await (side === 'service' ? filling.pour() : programs.control.ask('drain', null));
        await drained(stage, side);
        return (performance.now() - began) / 1000;
      };
      const { result: seconds, ...cost } = await within(TURN_DEADLINE_MS, 'a turn', costOf(stage, [programs[side]], work));
      await rows.clear(side, filling.events);
      return { seconds, ...cost };
    };
    progress('warming up');
    for (let turn = 0; turn < WARM_UP_TURNS; turn++) for (const side of ['service', 'control'] as const) await drain(side);
    const rounds = await profiled(programs.service, profile, () => takeTurns<Turn>(plan, drain, progress));
    const memory = noted('memory of the process', 'MiB', await memoryOf([programs.service]), await memoryOf([programs.control]));

    progress(`${STEADY} events a second`);
    const taken = await filling.trickle(STEADY);
    await within(TURN_DEADLINE_MS, 'the rest', drained(stage, 'service'));
    const committed = await rows.committed();
    await rows.clear('service', taken.size);
    // Redis cut its clock to whole milliseconds; half of one is what it cut off on average.
    const lags = [...taken].map(([key, at]) => (committed.get(key) ?? Number.NaN) - at - 0.5);

    const sum = (turns: Turn[], of: (turn: Turn) => number) => turns.reduce((total, turn) => total + of(turn), 0);
    const each = (of: (turn: Turn) => number) => (turns: Turn[]) => sum(turns, of) / (turns.length * filling.events);
    const lag = (share: number) => noted(`lag p${share * 100} at ${STEADY}/s`, 'ms', percentile(lags, share));
    return [
      compare('throughput', 'events/s', rounds, (turns) => (turns.length * filling.events) / sum(turns, ({ seconds }) => seconds), {
        ratio: 0.8,
        sense: 'at least',
      }),
      compare(
        'CPU of the process',
        'µs an event',
        rounds,
        each(({ programUs }) => programUs),
      ),
      compare(
        'CPU of Redis',
        'µs an event',
        rounds,
        each(({ redisUs }) => redisUs),
      ),
      memory,
      lag(0.5),
      bounded(lag(0.99), LAG_MS),
    ];
  },
};

function jobsOf(events: OutboxEvent[]): { events: OutboxEvent[] }[] {
  return Array.from({ length: Math.ceil(events.length / JOB_EVENTS) }, (_, job) => ({
    events: events.slice(job * JOB_EVENTS, (job + 1) * JOB_EVENTS),
  }));
}
