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

/** What a server sends that ends in the moment in which it took a connection. */
const READY_AND_OVER = Buffer.concat([
  message('R', [0, 0, 0, 0]),
  message('Z', 'I'),
  message('E', 'SFATAL\0C57P01\0Mterminating connection due to unexpected postmaster exit\0\0'),
]);

describe('a connection to PostgreSQL', () => {
  it('A-126 a connection to PostgreSQL that is lost while it is handed out ends no process', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end(READY_AND_OVER));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const pool = new Pool({ connectionString: `postgresql://somebody@127.0.0.1:${port}/somewhere` });
    const uncaught: unknown[] = [];
    const note = (error: unknown) => uncaught.push(error);
    process.on('uncaughtException', note);
    try {
      const client = await pool.connect();
      expect(await client.query('SELECT 1').catch((error: Error) => error)).to.be.instanceOf(Error);
      client.release(true);
    } finally {
      await pool.end();
      process.off('uncaughtException', note);
      await new Promise((closed) => server.close(closed));
    }
    expect(uncaught).to.deep.equal([]);
  });
});
