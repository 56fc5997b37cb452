import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** A name server on this machine that answers questions for IPv4 addresses as the test says. */
export interface DnsServer {
  /** `address:port`, as resolvers name servers. */
  server: string;
  /** The questions that came. */
  asked: string[];
  close(): Promise<void>;
}

const TYPE_A = 1;
const HEADER_BYTES = 12;

/** @param answer the IPv4 addresses of a name; undefined leaves the question without an answer */
export async function openDnsServer(answer: (name: string, times: number) => string[] | undefined): Promise<DnsServer> {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  socket.on('message', (question, peer) => {
    const { name, end } = nameIn(question);
    const isForV4 = question.readUInt16BE(end) === TYPE_A;
    if (isForV4) asked.push(name);
    const addresses = isForV4 ? answer(name, asked.filter((each) => each === name).length) : [];
    if (addresses === undefined) return;
    const header = Buffer.from(question.subarray(0, HEADER_BYTES));
    header.writeUInt16BE(0x8180, 2);
    header.writeUInt16BE(addresses.length, 6);
    header.fill(0, 8);
    // A pointer to the name in the question; type A, class IN, no time to live, four bytes.
    const records = addresses.map((address) => Buffer.from([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)]));
    socket.send(Buffer.concat([header, question.subarray(HEADER_BYTES, end + 4), ...records]), peer.port, peer.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    server: `127.0.0.1:${socket.address().port}`,
    asked,
    async close() {
      socket.close();
      await once(socket, 'close');
    },
  };
}

function nameIn(question: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
    labels.push(question.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join('.'), end: at + 1 };
}
