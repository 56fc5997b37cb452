import { connect } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { COMMANDS, payloadText } from './inputs.ts';

const DEADLINE_MS = 20_000;
const VERBS = ['start', 'switch', 'pause', 'resume', 'adjust', 'complete', 'cancel', 'message', 'share', 'explode'];

/**
 * How bodies are sent: bodies that are what they say, that are not, that end too early, and that are far larger than
 * they look.
 */
const FRAMINGS = ['length', 'length', 'length', 'chunked', 'none', 'bad chunk', 'bad length', 'unknown'].concat(
  ['gzip', 'br', 'deflate'].flatMap((encoding) => ['', ' garbage', ' cut', ' bomb'].map((how) => encoding + how)),
);

/** The bytes of an HTTP request, right or wrong; it asks for the connection to be closed afterwards. */
export function requestBytes(sessions: readonly string[]): fc.Arbitrary<Buffer> {
  const id = fc.oneof(
    fc.constantFrom(...sessions, 'nobody', '%', '%zz', '%00', '%2e%2e', '..', 'a|b', 'ä', '\ud800', 'x'.repeat(3_000)),
    fc.string({ maxLength: 20 }).map((text) => text.replaceAll(/[^!-~]/g, '_')),
  );
  const path = fc.oneof(
    fc.tuple(id, fc.constantFrom(...VERBS)).map(([session, verb]) => `/v1/sessions/${session}/${verb}`),
    fc
      .tuple(id, fc.constantFrom('', '/', '/events', '/events?limit=x', '?a=1&a=2', '?__proto__=1', '/share/x', '/events?event_type=%'))
      .map(([session, rest]) => `/v1/sessions/${session}${rest}`),
    fc.constantFrom(
      '/v1/sessions',
      '/V1/SESSIONS/',
      '/time',
      '/v1/time',
      '/health',
      '/ready',
      '/v1/openapi.json',
      '//',
      '/*',
      '*',
      'http://x/v1/time',
    ),
    fc.constantFrom(
      '/../../etc/passwd',
      '/assets/..%2f..%2fpackage.json',
      '/socket.io/',
      '/socket.io/?EIO=3&transport=polling',
      '/admin/queues',
    ),
    fc.webPath(),
  );
  const method = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom('GET', 'POST', 'DELETE') },
    { weight: 2, arbitrary: fc.constantFrom('PUT', 'PATCH', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'M-SEARCH', 'CONNECT', 'BREW', 'get') },
  );
  const header = fc.oneof(
    fc.constantFrom(
      'X-Request-Id: \u00ff',
      `X-Long: ${'x'.repeat(2_000)}`,
      'Origin: null',
      'Authorization: Bearer x.y.z',
      'Cookie: a',
      'Expect: magic',
    ),
    fc.constantFrom(
      'Accept: application/x-ndjson',
      'Accept: */*;q=a',
      'If-None-Match: *',
      'Range: bytes=9-1',
      'X-Forwarded-For: ,,',
      'Upgrade: h2c',
      'Sec-Fetch-Site: cross-site',
      'X-Forwarded-Host: evil.example',
    ),
  );
  const type = fc.oneof(
    fc.constantFrom(
      'application/json',
      'application/json; charset=latin1',
      'application/json;charset=utf-32',
      'application/vnd.x+json',
      'application/merge-patch+json',
      'json',
    ),
    fc.constantFrom('text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', '', '\u00e9'),
  );
  const body = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...COMMANDS).chain((name) => payloadText(name, sessions)) },
    { weight: 1, arbitrary: fc.string({ maxLength: 100, unit: 'binary' }) },
    { weight: 1, arbitrary: fc.constantFrom('', '{', '[', 'null', '"', '\ufeff{}', 'NaN') },
  );
  const framing = fc.constantFrom(...FRAMINGS);
  return fc
    .record({ method, path, headers: fc.array(header, { maxLength: 2 }), type, body, framing })
    .map((each) => write(each.method, each.path, each.headers, each.type, Buffer.from(each.body), each.framing));
}

function write(method: string, path: string, headers: string[], type: string, body: Buffer, framing: string): Buffer {
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: localhost', 'Connection: close', `Content-Type: ${type}`, ...headers];
  let sent = body;
  if (framing === 'chunked') {
    lines.push('Transfer-Encoding: chunked');
    const chunk = body.length === 0 ? '' : `${body.length.toString(16)}\r\n`;
    sent = Buffer.concat([Buffer.from(chunk), body, Buffer.from(body.length === 0 ? '0\r\n\r\n' : '\r\n0\r\n\r\n')]);
  } else if (framing === 'bad chunk') {
    lines.push('Transfer-Encoding: chunked');
    sent = Buffer.concat([Buffer.from('zz\r\n'), body]);
  } else if (framing === 'bad length') {
    lines.push('Content-Length: minus one');
  } else if (framing === 'none') {
    sent = Buffer.alloc(0);
  } else {
    const [encoding = '', how] = framing.split(' ');
    sent = compress(encoding, how, body);
    lines.push(`Content-Length: ${sent.length}`);
    if (encoding !== 'length') lines.push(`Content-Encoding: ${encoding}`);
  }
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), sent]);
}

const COMPRESSORS: Record<string, (bytes: Buffer) => Buffer> = { gzip: gzipSync, br: brotliCompressSync, deflate: deflateSync };
/** Inflated it is more than a body may have. */
const BOMB = Buffer.alloc(16 * 1024 * 1024, ' ');
const bombs = new Map<string, Buffer>();

function compress(encoding: string, how: string | undefined, body: Buffer): Buffer {
  const compressor = COMPRESSORS[encoding];
  if (compressor === undefined || how === 'garbage') return body;
  if (how !== 'bomb') return compressor(body).subarray(0, how === 'cut' ? -4 : undefined);
  const bomb = bombs.get(encoding) ?? compressor(BOMB);
  bombs.set(encoding, bomb);
  return bomb;
}

/**
 * Requests that are written in one go, without waiting for an answer; only the last one asks for the connection to be
 * closed.
 */
export function pipeline(sessions: readonly string[]): fc.Arbitrary<Buffer[]> {
  const kept = requestBytes(sessions).map((bytes) => Buffer.from(bytes.toString('latin1').replace('Connection: close\r\n', ''), 'latin1'));
  return fc
    .tuple(fc.array(kept, { minLength: 1, maxLength: 5 }), requestBytes(sessions))
    .map(([first, last]): Buffer[] => Array.of<Buffer>(...first, last));
}

export interface Answered {
  status: number;
  type: string;
  body: string;
}

/** Sends bytes and resolves with what came back before the connection ended; null where nothing did. */
export async function exchange(url: string, bytes: Buffer): Promise<Answered | null> {
  const { hostname, port } = new URL(url);
  const text = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    const chunks: Buffer[] = [];
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no answer to ${bytes.subarray(0, 400).toString()}`));
    }, DEADLINE_MS);
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(Buffer.concat(chunks).toString());
    });
    // Not half closed: node takes that for somebody who has gone.
    socket.write(bytes);
  });
  if (text === '') return null;
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const body = rest.join('\r\n\r\n');
  const chunked = /transfer-encoding: chunked/i.test(head);
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]),
    type: /content-type: ([^\r;]*)/i.exec(head)?.[1] ?? '',
    body: chunked ? body.replaceAll(/(^|\r\n)[0-9a-f]+\r\n/g, '') : body,
  };
}
