import { expect } from 'chai';
import { pino } from 'pino';
import { freshDatabase, freshPrefix, redisUrl } from '../kit/services.ts';
import { type Bench, bench, eventOf, put, query, until } from './kit.ts';

interface Line {
  level: number;
  msg: string;
  count?: number;
  cause?: string;
}
const WARN = 40;
const ERROR = 50;

describe('alerts of the trail', () => {
  let database: string;
  let prefix: string;
  let b: Bench;
  let lines: Line[];
  const logger = pino({}, { write: (line: string) => lines.push(JSON.parse(line) as Line) });

  beforeEach(async () => {
    lines = [];
    database = await freshDatabase();
    prefix = freshPrefix();
    b = bench(await redisUrl(), prefix, database);
  });
  afterEach(() => b.close());

  const warnings = () => lines.filter(({ level, count }) => level === WARN && count !== undefined).map(({ msg }) => msg);

  it('A-30 more than 1000 waiting or 100 failed jobs cause one warning, and another one after they had gone', async () => {
    const add = (count: number) => b.queue.addBulk(Array.from({ length: count }, () => ({ name: 'events', data: { events: [] } })));
    // Ten jobs that wait for a table keep the worker from all the others.
    await query(database, 'ALTER TABLE sync_events RENAME TO hidden');
    const stuck = eventOf('game', 1);
    await b.queue.addBulk(Array.from({ length: 10 }, () => ({ name: 'events', data: { events: [stuck] } })));
    b.writer({ logger });
    await until('the worker to be stuck', async () => (await b.queue.getActiveCount()) === 10);
    await add(1001);
    await until('a warning', () => warnings().length > 0);
    const samples = async () => (await b.metrics.queueSize.get()).values.find(({ labels }) => labels.status === 'waiting')?.value;
    await add(500);
    await until('another sample', async () => (await samples()) === 1501);
    expect(warnings()).to.deep.equal(['more than 1000 audit jobs wait']);

    await query(database, 'ALTER TABLE hidden RENAME TO sync_events');
    await until('the all-clear', () => lines.some(({ msg }) => msg === 'no longer more than 1000 audit jobs wait'));
  });

  it('A-30 a hundred failed jobs cause one warning, and the next one only after half of them were gone', async () => {
    const poison = eventOf('game', 1, { event: { event_type: null } });
    await b.queue.addBulk(Array.from({ length: 101 }, () => ({ name: 'events', data: { events: [poison] }, opts: { attempts: 1 } })));
    b.writer({ logger });
    await until('a warning', () => warnings().length > 0);
    expect(warnings()).to.deep.equal(['more than 100 audit jobs failed for good']);
  });

  it('A-31 a job that failed for good is an error in the log, with its cause; attempts before are warnings', async () => {
    await put(b.redis, prefix, [eventOf('game', 1, { event: { event_type: null } })]);
    b.writer({ logger });
    await until('the error', () => lines.some(({ level }) => level === ERROR));
    const refused = lines.filter(({ cause }) => cause?.includes('violates not-null constraint'));
    expect(refused.map(({ level }) => level)).to.deep.equal([WARN, WARN, WARN, WARN, ERROR]);
  });
});
