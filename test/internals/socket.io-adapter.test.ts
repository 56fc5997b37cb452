import { expect } from 'chai';
import { joinFrames } from '../../server/internals/socket.io-adapter.ts';
import { received, serveSockets } from './kit.ts';

interface Written {
  options?: { wsPreEncodedFrame?: Buffer[] };
}

describe('the private parts of socket.io-adapter', () => {
  it('R-94 socket.io-adapter makes the frame of a broadcast once, in two buffers, which joinFrames joins into one that clients read as before', async () => {
    const server = await serveSockets();
    try {
      const pieces: (number | undefined)[] = [];
      server.io.on('connection', ({ conn }) => {
        conn.on('packetCreate', ({ options }: Written) => pieces.push(options?.wsPreEncodedFrame?.length));
      });
      const client = await server.client();
      pieces.length = 0;
      for (const round of ['two buffers', 'one buffer']) {
        const told = received(client, 'event');
        server.io.emit('event', { round });
        expect(await told).to.deep.equal([{ round }]);
        joinFrames(server.io.of('/').adapter);
      }
      expect(pieces).to.deep.equal([2, 1]);
    } finally {
      await server.close();
    }
  });
});
