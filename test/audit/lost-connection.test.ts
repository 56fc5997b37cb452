import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect } from 'chai';
import { Pool } from '../../server/audit/pool.ts';

/** A message of PostgreSQL's protocol: its type, its length and what it holds. */
function message(type: string, ...content: (string | number[])[]): Buffer {
  const body = Buffer.concat(content.map((part) => Buffer.from(part as string)));
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
}

const READY = Buffer.concat([message('R', [0, 0, 0, 0]), message('Z', 'I')]);
const OVER = message('E', 'SFATAL\0C57P01\0Mterminating connection due to unexpected postmaster exit\0\0');

/**
 * What nobody caught while `use` had a pool of connections to a server that answers each chunk by the next of `answers`
 * and ends the connection with the last.
 */
async function uncaughtBy(answers: Buffer[], use: (pool: Pool) => Promise<void>): Promise<unknown[]> {
  const ended: Promise<unknown>[] = [];
  const server = createServer((socket) => {
    const left = [...answers];
    socket.on('error', () => {});
    ended.push(once(socket, 'close'));
    socket.on('data', () => {
      const answer = left.shift();
      if (answer === undefined) return;
      if (left.length > 0) socket.write(answer);
      else socket.end(answer);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const pool = new Pool({ connectionString: `postgresql://somebody@127.0.0.1:${port}/somewhere` });
  const uncaught: unknown[] = [];
  const note = (error: unknown) => uncaught.push(error);
  process.on('uncaughtException', note);
  try {
    await use(pool);
  } finally {
    await pool.end();
    await Promise.all(ended);
    process.off('uncaughtException', note);
    await new Promise((closed) => server.close(closed));
  }
  return uncaught;
}

describe('a connection to PostgreSQL', () => {
  it('A-126 a connection to PostgreSQL that is lost while it is handed out ends no process', async () => {
    const uncaught = await uncaughtBy([Buffer.concat([READY, OVER])], async (pool) => {
      const client = await pool.connect();
      expect(await client.query('SELECT 1').catch((error: Error) => error)).to.be.instanceOf(Error);
      client.release(true);
    });
    expect(uncaught).to.deep.equal([]);
  });

  it('A-126 a connection to PostgreSQL that is lost while the pool closes it ends no process', async () => {
    const uncaught = await uncaughtBy([READY, OVER], async (pool) => (await pool.connect()).release(true));
    expect(uncaught).to.deep.equal([]);
  });
});
