import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import Router from '@koa/router';
import Koa from 'koa';
import { matchedRoute } from '../../server/internals/koa-router.ts';
import { hasBegunToAnswer } from '../../server/internals/node-http.ts';
import { serveHttp } from './kit.ts';

describe('the private parts of the router and of Node’s HTTP server', () => {
  it('R-99 @koa/router leaves the pattern of the route that it found in the context, and nothing where it found none', async () => {
    const found: (string | undefined)[] = [];
    const koa = new Koa();
    koa.use(async (ctx, next) => {
      await next();
      found.push(matchedRoute(ctx));
    });
    koa.use(new Router().get('/v1/:id', (ctx) => void (ctx.body = 'there')).routes());
    const handle = koa.callback();
    const { http, url } = await serveHttp((request, response) => void handle(request, response));
    try {
      for (const path of ['/v1/one', '/v2/one']) await (await fetch(url + path)).text();
      expect(found).to.deep.equal(['/v1/:id', undefined]);
    } finally {
      http.closeAllConnections();
      http.close();
    }
  });

  it('R-99 Node leaves the answer in hand with its connection: begun, not begun, or none', async () => {
    const { http, url } = await serveHttp((request, response) => {
      if (request.url === '/begun') response.write('begun');
    });
    const begun: boolean[] = [];
    http.on('clientError', (_error, socket) => {
      begun.push(hasBegunToAnswer(socket as Socket));
      socket.destroy();
    });
    const { port, hostname } = new URL(url);
    try {
      for (const first of ['/begun', '/silent', undefined]) {
        const tcp = connect(Number(port), hostname);
        if (first !== undefined) {
          tcp.write(`GET ${first} HTTP/1.1\r\nHost: x\r\n\r\n`);
          await once(first === '/begun' ? tcp : http, first === '/begun' ? 'data' : 'request');
        }
        tcp.write('this is no HTTP\r\n\r\n');
        await once(tcp, 'close');
      }
      expect(begun).to.deep.equal([true, false, false]);
    } finally {
      http.closeAllConnections();
      http.close();
    }
  });
});
