import { expect } from 'chai';
import type { Batch } from '../../server/audit/queue.ts';
import { Relay } from '../../server/audit/relay.ts';
import { partitionOf } from '../../server/domain/partitions.ts';
import type { Outbox } from '../../server/audit/outbox-port.ts';
import type { RedisClient } from '../../server/store/connection.ts';
import { createOutbox } from '../../server/store/outbox.ts';
import { lookInto } from '../kit/redis.ts';
import { freshDatabase, freshPrefix, redisUrl } from '../kit/services.ts';
import { bench, eventsOf, put, silent, storedRows, until } from './kit.ts';

const sizeOf = (texts: { event: string; state: string }[]) => texts.reduce((sum, { event, state }) => sum + event.length + state.length, 0);

describe('the relay', () => {
  let redis: RedisClient;
  let prefix: string;
  let outbox: Outbox;
  let relays: Relay[];

  beforeEach(async () => {
    redis = lookInto(await redisUrl());
    prefix = freshPrefix();
    outbox = createOutbox(redis, prefix);
    relays = [];
  });
  afterEach(async () => {
    await Promise.all(relays.map((each) => each.close()));
    redis.disconnect();
  });

  function begin(accept: (batch: Batch) => Promise<void>, box: Outbox = outbox): Relay {
    const started = new Relay({ outbox: box, accept, logger: silent });
    relays.push(started);
    return started;
  }

  const versionsOf = (batches: Batch[], session: string) =>
    batches
      .flatMap(({ events }) => events.map(({ event }) => JSON.parse(event) as { session_id: string; version: number }))
      .filter((event) => event.session_id === session)
      .map(({ version }) => version);

  it('A-150 a relay moves the events of each session in order, and large backlogs in limited batches', async () => {
    await put(redis, prefix, [...eventsOf('a', 1, 900), ...eventsOf('b', 1, 900)]);
    const batches: Batch[] = [];
    begin(async (batch) => void batches.push(batch));
    await until('all', () => batches.flatMap(({ events }) => events).length === 1800);
    const ascending = Array.from({ length: 900 }, (_, index) => index + 1);
    expect(versionsOf(batches, 'a')).to.deep.equal(ascending);
    expect(versionsOf(batches, 'b')).to.deep.equal(ascending);
    for (const { events } of batches) expect(events.length).to.be.at.most(250);
  });

  it('A-150 a relay removes nothing that was not accepted, and tries again', async () => {
    await put(redis, prefix, eventsOf('a', 1, 3));
    const batches: Batch[] = [];
    let refusals = 2;
    const started = begin(async (batch) => {
      batches.push(batch);
      if (refusals-- > 0) throw new Error('no');
    });
    await until('the failure to show', () => started.failing === 'all');
    await until('success', () => batches.length === 3 && started.failing === 'none');
    expect(batches.map((batch) => versionsOf([batch], 'a'))).to.deep.equal([
      [1, 2, 3],
      [1, 2, 3],
      [1, 2, 3],
    ]);
  });

  it('A-151 only one relay works at a time; when it closes, another takes over at once', async () => {
    const accepted: string[] = [];
    const first = begin(async () => void accepted.push('first'));
    await put(redis, prefix, eventsOf('a', 1, 1));
    await until('the first one to work', () => accepted.length === 1);
    begin(async () => void accepted.push('second'));
    for (let version = 2; version <= 5; version++) {
      await put(redis, prefix, eventsOf('a', version, version));
      await until('the next event', () => accepted.length === version);
    }
    expect(accepted).to.deep.equal(Array<string>(5).fill('first'));
    await first.close();
    await put(redis, prefix, eventsOf('a', 6, 6));
    await until('the second one to work', () => accepted.at(-1) === 'second');
  });

  it('A-151 a relay that dies is replaced within five seconds', async () => {
    await outbox.acquireLease('a relay that died just now', 3000);
    await put(redis, prefix, eventsOf('a', 1, 1));
    let accepted = 0;
    begin(async () => void accepted++);
    await until('a take-over', () => accepted === 1);
  });

  it('A-73 large states leave the outbox, and reach the queue, about a megabyte at a time', async () => {
    const MEGABYTE = 1024 * 1024;
    const large = eventsOf('a', 1, 12, { state: { metadata: { much: 'x'.repeat(300_000) } } });
    await put(redis, prefix, [...large, ...eventsOf('a', 13, 40)]);
    const reads: number[] = [];
    const watched: Outbox = {
      ...outbox,
      read: async (partition, count) => {
        const reading = await outbox.read(partition, count);
        reads.push(sizeOf(reading.entries));
        return reading;
      },
    };
    const batches: Batch[] = [];
    begin(async (batch) => void batches.push(batch), watched);
    await until('all', () => batches.flatMap(({ events }) => events).length === 40);
    expect(versionsOf(batches, 'a')).to.deep.equal(Array.from({ length: 40 }, (_, index) => index + 1));
    for (const size of [...reads, ...batches.map(({ events }) => sizeOf(events))]) expect(size).to.be.at.most(MEGABYTE);
  });

  it('A-73 an event larger than a megabyte is taken out of the outbox alone', async () => {
    await put(redis, prefix, eventsOf('a', 1, 3, { state: { metadata: { much: 'x'.repeat(1_500_000) } } }));
    const batches: Batch[] = [];
    begin(async (batch) => void batches.push(batch));
    await until('all', () => batches.length === 3);
    expect(batches.map((batch) => versionsOf([batch], 'a'))).to.deep.equal([[1], [2], [3]]);
  });

  it('A-74 a look at the outbox and the age of its oldest event reads no states', async () => {
    await put(redis, prefix, eventsOf('a', 1, 2, { state: { metadata: { much: 'x'.repeat(300_000) } } }));
    const oldest = (await outbox.oldest(partitionOf('a'))) ?? '';
    expect(JSON.parse(oldest)).to.include({ session_id: 'a', version: 1 });
    expect(oldest.length).to.be.below(1_000);
    const empty = Array.from({ length: outbox.partitions }, (_, partition) => partition).filter((one) => one !== partitionOf('a'));
    expect(await Promise.all(empty.map((partition) => outbox.oldest(partition)))).to.deep.equal(empty.map(() => null));
  });

  it('A-152 a relay closes in time even if the outbox hangs', async () => {
    const hanging: Outbox = { ...outbox, acquireLease: () => new Promise(() => {}) };
    const before = performance.now();
    await begin(async () => {}, hanging).close();
    expect(performance.now() - before).to.be.below(10_000);
  });
});

describe('a relay that dies between adding and removing', () => {
  it('A-153 a relay that dies loses nothing, even if the next one reads more entries with the same beginning', async () => {
    const prefix = freshPrefix();
    const database = await freshDatabase();
    const b = bench(await redisUrl(), prefix, database);
    try {
      await put(b.redis, prefix, eventsOf('game', 1, 5));
      // The first relay adds jobs, but never removes an entry, and no worker has taken the job yet.
      await b.queue.pause();
      const dying = b.writer({ outbox: { ...b.outbox, remove: async () => Promise.reject(new Error('killed')) } });
      await until('a job', async () => (await b.queue.getWaitingCount()) === 1);
      await dying.close();
      await put(b.redis, prefix, eventsOf('game', 6, 9));
      b.writer();
      await until('a second job', async () => (await b.queue.getWaitingCount()) === 2);
      await b.queue.resume();
      await until('all rows', async () => (await storedRows(database)).length === 9);
      await until('drained', () => b.drained());
    } finally {
      await b.close();
    }
  });
});
