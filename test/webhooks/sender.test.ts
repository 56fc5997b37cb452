import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { AddressGuard } from '../../server/webhooks/addresses.ts';
import { Sender, type SenderOptions } from '../../server/webhooks/sender.ts';
import { createResolve } from '../../server/webhooks/target.ts';
import { type DnsServer, openDnsServer } from './dns-server.ts';

const never = new AbortController().signal;

describe('the sender of webhooks', () => {
  let server: Server;
  let port: number;
  let requests: { url: string | undefined; host: string | undefined }[] = [];
  const opened: { close(): unknown }[] = [];

  beforeEach(async () => {
    requests = [];
    server = createServer((request, response) => {
      requests.push({ url: request.url, host: request.headers.host });
      request.resume();
      request.on('end', () => {
        if (request.url === '/silent') return;
        if (request.url === '/redirect') response.writeHead(302, { location: '/elsewhere' }).end();
        else if (request.url === '/later') response.writeHead(503, { 'retry-after': '120' }).end();
        else if (request.url === '/endless') {
          response.writeHead(200);
          const more = () => response.write('x'.repeat(65_536), (error) => error ?? setImmediate(more));
          more();
        } else response.writeHead(204).end();
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((one) => one.close()));
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  function sender(options: Partial<SenderOptions> = {}): Sender {
    const made = new Sender({
      guard: new AddressGuard(['127.0.0.1']),
      allowHttp: true,
      resolve: createResolve(),
      userAgent: 'test',
      ...options,
    });
    opened.push(made);
    return made;
  }

  async function names(answer: (name: string, times: number) => string[] | undefined): Promise<DnsServer> {
    const dns = await openDnsServer(answer);
    opened.push(dns);
    return dns;
  }

  const url = (path: string, host = '127.0.0.1') => new URL(`http://${host}:${port}${path}`);

  it('WH-34 a redirect is an answer like any other and is not followed', async () => {
    const { status, error } = await sender().send(url('/redirect'), {}, '{}', never);
    expect([status, error]).to.deep.equal([302, null]);
    expect(requests.map((one) => one.url)).to.deep.equal(['/redirect']);
  });

  it('WH-35 of an answer four kilobytes are read, and its connection is cut', async () => {
    const { status } = await sender().send(url('/endless'), {}, '{}', never);
    expect(status).to.equal(200);
    await new Promise<void>((resolve, reject) => {
      const look = () => server.getConnections((error, count) => (error ? reject(error) : count === 0 ? resolve() : setImmediate(look)));
      look();
    });
  });

  it('WH-36 a receiver that does not answer in time has failed', async () => {
    const { status, error } = await sender({ answerMs: 100 }).send(url('/silent'), {}, '{}', never);
    expect([status, error]).to.deep.equal([null, 'no answer within 100 ms']);
  });

  it('WH-37 a message goes to the address that was judged, whatever the name leads to at the next question', async () => {
    const dns = await names((_, times) => [times === 1 ? '127.0.0.1' : '127.0.0.2']);
    const one = sender({ resolve: createResolve([dns.server]) });
    const first = await one.send(url('/', 'rebinding.example'), {}, '{}', never);
    expect([first.status, first.error]).to.deep.equal([204, null]);
    expect(requests).to.deep.equal([{ url: '/', host: `rebinding.example:${port}` }]);
    const second = await one.send(url('/', 'rebinding.example'), {}, '{}', never);
    expect(second.error).to.match(/private or special network/);
    expect(dns.asked).to.have.lengthOf(2);
    expect(requests).to.have.lengthOf(1);
  });

  it('WH-38 a name of which one address is refused is refused with all of them', async () => {
    const dns = await names(() => ['127.0.0.1', '10.0.0.1']);
    const { error } = await sender({ resolve: createResolve([dns.server]) }).send(url('/', 'mixed.example'), {}, '{}', never);
    expect(error).to.match(/private or special network/);
    expect(requests).to.deep.equal([]);
  });

  it('WH-39 the names of this machine are refused unless its address is allowed', async () => {
    const strict = sender({ guard: new AddressGuard([]) });
    for (const host of ['localhost', 'LOCALHOST.', 'a.localhost', '127.1', '2130706433']) {
      const { error } = await strict.send(url('/', host), {}, '{}', never);
      expect(error, host).to.match(/private or special network/);
    }
    expect(requests).to.deep.equal([]);
  });

  it('WH-40 a name server that does not answer costs the time of an answer, and delays no other name', async () => {
    const dns = await names((name) => (name === 'slow.example' ? undefined : ['127.0.0.1']));
    const resolve = createResolve([dns.server]);
    const slow = sender({ resolve, answerMs: 60_000 });
    const stop = new AbortController();
    const waiting = Promise.all(Array.from({ length: 8 }, () => slow.send(url('/', 'slow.example'), {}, '{}', stop.signal)));
    const { status } = await sender({ resolve }).send(url('/', 'quick.example'), {}, '{}', never);
    expect(status).to.equal(204);
    stop.abort();
    expect((await waiting).map((one) => one.status)).to.deep.equal(Array.from({ length: 8 }, () => null));
  });

  it('WH-41 the pause that a receiver asks for is part of its answer', async () => {
    const { status, retryAfter } = await sender().send(url('/later'), {}, '{}', never);
    expect([status, retryAfter]).to.deep.equal([503, '120']);
  });
});
