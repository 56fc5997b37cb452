import { request } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { settled } from './play.ts';
import { browserRoom } from './room.ts';

/** What the first view may cost, compressed. */
const FIRST_VIEW_BYTES = 150_000;

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

/** By node:http, since fetch would undo the compression. */
function get(url: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request(url, { headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }));
    })
      .on('error', reject)
      .end();
  });
}

describe('console: delivery', () => {
  const room = browserRoom();

  it('CO-40 the first view takes less than 150 kB on the wire, and views that are seldom seen are loaded later', async () => {
    const { url } = await room.stage.instance();
    const page = await room.open('about:blank');
    const wire = await page.context().newCDPSession(page);
    await wire.send('Network.enable');
    let bytes = 0;
    const files: string[] = [];
    wire.on('Network.responseReceived', ({ response }) => files.push(new URL(response.url).pathname));
    wire.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength));
    await page.goto(url);
    await settled(page);
    console.log(`      first view: ${bytes} bytes in ${files.length} answers`);
    expect(bytes).to.be.within(50_000, FIRST_VIEW_BYTES);
    expect(files.join(' ')).not.to.match(/operator|share|history|playground/);
  });

  it('CO-41 assets are compressed and may be cached for ever', async () => {
    const { url } = await room.stage.instance();
    const html = (await get(url)).body.toString();
    const script = /src="\.(\/assets\/[^"]+\.js)"/.exec(html)?.[1] ?? '';
    const plain = await get(url + script);
    const [brotli, gzip] = [
      await get(url + script, { 'accept-encoding': 'gzip, br' }),
      await get(url + script, { 'accept-encoding': 'gzip' }),
    ];
    expect([plain, brotli, gzip].map(({ headers }) => headers['content-encoding'])).to.deep.equal([undefined, 'br', 'gzip']);
    expect(brotliDecompressSync(brotli.body).equals(plain.body)).to.equal(true);
    expect(gunzipSync(gzip.body).equals(plain.body)).to.equal(true);
    for (const { headers } of [plain, brotli, gzip]) {
      expect(headers['cache-control']).to.equal('max-age=31536000,immutable');
      expect(headers['vary']).to.match(/accept-encoding/i);
      expect(headers['content-type']).to.match(/javascript/);
    }
  });

  it('CO-42 the page itself is asked for each time, and sent only when it has changed', async () => {
    const { url } = await room.stage.instance();
    const first = await get(url, { 'accept-encoding': 'br' });
    expect(first.headers['cache-control']).to.equal('no-cache');
    expect(first.headers['content-encoding']).to.equal('br');
    const etag = String(first.headers['etag']);
    const again = await get(url, { 'accept-encoding': 'br', 'if-none-match': etag });
    expect([again.status, again.body.length]).to.deep.equal([304, 0]);
    expect(again.headers['etag']).to.equal(etag);
    expect((await get(url, { 'accept-encoding': 'br', 'if-none-match': '"another"' })).status).to.equal(200);
  });

  it('CO-43 the page runs and connects to nothing but what its server sent, and nothing in it is inline', async () => {
    const { url } = await room.stage.instance();
    const { headers, body } = await get(url);
    const policy = String(headers['content-security-policy']);
    expect(policy).to.contain("default-src 'self'").and.contain("script-src 'self'").and.contain("style-src 'self'");
    expect(policy).not.to.match(/unsafe|\*|data:|https?:/);
    expect(body.toString()).not.to.match(/<style|style=|<script(?![^>]*src=)| on\w+=/);
    const page = await room.open(url);
    await settled(page);
    // A page that breaks its policy says so in the browser's console.
    expect(room.problems).to.deep.equal([]);
  });

  const AS_BROWSERS_ASK = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

  for (const BASE_PATH of ['/', '/school/timer']) {
    it(`CO-92 a browser at a wrong address gets a page that leads back, below ${BASE_PATH} too`, async () => {
      const { url } = await room.stage.instance({ BASE_PATH });
      const paths = ['/nowhere', '/deep/down/nowhere/', '/v1/nowhere', '/%E0%A4%A'].map((path) => url + path);
      if (BASE_PATH !== '/') paths.push(`${new URL(url).origin}/elsewhere/x`);
      for (const address of paths) {
        const { status, headers } = await get(address, { accept: AS_BROWSERS_ASK });
        expect(status, address).to.equal(address.includes('%E0') ? 400 : 404);
        expect(headers['vary'], address).to.match(/accept\b/i);
        const page = await room.open('about:blank');
        const failed: string[] = [];
        page.on('response', (response) => response.url() !== address && response.status() >= 400 && failed.push(response.url()));
        await page.goto(address);
        await page.getByRole('heading', { name: 'There is nothing here' }).waitFor();
        expect(await page.evaluate('document.styleSheets[0].cssRules.length + document.images[0].naturalWidth')).to.be.above(10);
        await page.getByRole('link', { name: 'To the first page' }).click();
        await page.getByRole('button', { name: 'Create', exact: true }).waitFor();
        expect(page.url()).to.equal(`${url}/`);
        expect(failed).to.deep.equal([]);
        await page.context().close();
      }
    });
  }

  it('CO-92 a program at a wrong path gets JSON, and so does one that asks for a game that does not exist', async () => {
    const { url } = await room.stage.instance();
    for (const [path, accept] of [
      ['/nowhere', '*/*'],
      ['/nowhere', 'application/json'],
      ['/nowhere', 'application/json, text/plain, */*'],
      ['/assets/gone.js', 'image/avif,image/webp,*/*;q=0.8'],
      ['/v1/sessions/gone', AS_BROWSERS_ASK],
    ] as const) {
      const { headers, body } = await get(url + path, { accept });
      expect(headers['content-type'], path).to.match(/^application\/json/);
      expect(JSON.parse(body.toString()), path).to.deep.include({ ok: false });
    }
    expect(JSON.parse((await get(`${url}/nowhere`)).body.toString())).to.have.nested.property('error.code', 'NOT_FOUND');
  });
});
