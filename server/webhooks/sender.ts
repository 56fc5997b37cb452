import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIPv4, type LookupFunction } from 'node:net';
import { addressesOf, type Resolve, type TargetRules } from './target.ts';

/** How long a receiver has to answer, from the resolution of its name on, ms. */
const ANSWER_MS = 15_000;
/** How much of an answer is read: enough to keep the connection for the next message. */
const ANSWER_BYTES = 4_096;
/** Connections to one endpoint at a time, and so messages. */
export const LANES = 4;

/** What came of an attempt. */
export interface Attempt {
  /** The HTTP status; null if there was no answer. */
  status: number | null;
  /** Why there was none. */
  error: string | null;
  retryAfter: string | undefined;
  tookMs: number;
}

export interface SenderOptions extends TargetRules {
  resolve: Resolve;
  userAgent: string;
  /** For tests of the deadline. */
  answerMs?: number;
}

/**
 * Sends messages to one endpoint. Its connections stay open between messages; each goes to an address that was judged
 * for it, whatever the name leads to by then. Redirects are not followed, proxies not asked.
 */
export class Sender {
  readonly #options: SenderOptions;
  readonly #agents = {
    'http:': new HttpAgent({ keepAlive: true, maxSockets: LANES }),
    'https:': new HttpsAgent({ keepAlive: true, maxSockets: LANES }),
  };

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Posts a body once. Never rejects; aborting `signal` ends the attempt. */
  async send(url: URL, headers: Record<string, string>, body: string, signal: AbortSignal): Promise<Attempt> {
    const began = performance.now();
    const { answerMs = ANSWER_MS } = this.#options;
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(answerMs)]);
    const tookMs = () => Math.round(performance.now() - began);
    try {
      const addresses = await addressesOf(url, this.#options, this.#options.resolve, inTime);
      const post = () => this.#post(url, addresses, headers, body, inTime);
      // The receiver closed an idle connection just then, and got nothing.
      const answer = await post().catch((error: unknown) => (error instanceof StaleConnectionError ? post() : Promise.reject(error)));
      const retryAfter = answer.headers['retry-after'];
      await readSome(answer);
      return { status: answer.statusCode ?? null, error: null, retryAfter, tookMs: tookMs() };
    } catch (error) {
      const late = inTime.aborted && !signal.aborted;
      return { status: null, error: late ? `no answer within ${answerMs} ms` : causeOf(error), retryAfter: undefined, tookMs: tookMs() };
    }
  }

  /** Closes the connections. */
  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }

  async #post(url: URL, addresses: string[], headers: Record<string, string>, body: string, signal: AbortSignal): Promise<IncomingMessage> {
    const isPlain = url.protocol === 'http:';
    const request = isPlain ? httpRequest : httpsRequest;
    return new Promise((resolve, reject) => {
      const sent = request(url, {
        method: 'POST',
        agent: this.#agents[isPlain ? 'http:' : 'https:'],
        lookup: pinned(addresses),
        signal,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'user-agent': this.#options.userAgent,
          ...headers,
        },
      });
      sent.once('response', resolve);
      sent.on('error', (error: NodeJS.ErrnoException) => {
        reject(sent.reusedSocket && error.code === 'ECONNRESET' ? new StaleConnectionError() : error);
      });
      sent.end(body);
    });
  }
}

/** A connection that had been kept open was closed before the request. */
class StaleConnectionError extends Error {
  override name = 'StaleConnectionError';
  override message = 'the receiver closed the connection';
}

/** Answers the resolution of a name by addresses that were judged. */
function pinned(addresses: string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: isIPv4(address) ? 4 : 6 }));
  return (_host, options, done) => {
    const [first = { address: '', family: 4 }] = found;
    if (options.all === true) done(null, found);
    else done(null, first.address, first.family);
  };
}

/** Reads the beginning of an answer. A longer one is cut off with its connection. */
async function readSome(answer: IncomingMessage): Promise<void> {
  let left = ANSWER_BYTES;
  try {
    for await (const chunk of answer) {
      left -= (chunk as Buffer).length;
      if (left < 0) break;
    }
  } catch {
    // The status has come, and that is what counts.
  }
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // All addresses of a name failed.
  const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [];
  const { message } = first instanceof Error ? first : error;
  const code = (error as NodeJS.ErrnoException).code;
  return (message === '' ? (code ?? error.name) : message).slice(0, 200);
}
