/**
 * The control of the audit-drain row: bare BullMQ and one INSERT a job. It is handed the same events in jobs of as many
 * as the service's, adds all jobs at once, and writes each job's events, as they are, to two JSON columns of a table of
 * its own. It reads no outbox, holds no lease, opens no event, and keeps no row of a session.
 */
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import { answer } from './answers.ts';

const QUEUE = 'audit';
const CONCURRENCY = 10;

interface Events {
  events: { event: string; state: string }[];
}

const { REDIS_URL = '', KEY_PREFIX = '', DATABASE_URL = '' } = process.env;
const prefix = `{${KEY_PREFIX}}`;
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: CONCURRENCY });
const queue = new Queue<Events>(QUEUE, { connection: new Redis(REDIS_URL), prefix });
const worker = new Worker<Events>(
  QUEUE,
  async ({ data: { events } }) => {
    const columns = [events.map(({ event }) => event), events.map(({ state }) => state)];
    await pool.query('INSERT INTO control_events (event, state) SELECT * FROM unnest($1::json[], $2::json[])', columns);
  },
  { connection: new Redis(REDIS_URL, { maxRetriesPerRequest: null }), prefix, concurrency: CONCURRENCY },
);
worker.on('error', (error) => console.error('drain control:', error));

let jobs: Events[] = [];

answer('load', async (given: Events[]) => {
  jobs = given;
  await pool.query('CREATE TABLE IF NOT EXISTS control_events (id bigserial PRIMARY KEY, event json NOT NULL, state json NOT NULL)');
});

answer('drain', async () => {
  await queue.addBulk(jobs.map((data) => ({ name: 'events', data, opts: { removeOnComplete: true, attempts: 5 } })));
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
