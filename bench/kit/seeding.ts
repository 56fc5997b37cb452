import { Agent, request } from 'node:http';
import type { Socket } from 'socket.io-client';
import type { Reply, SessionState } from '#contract';
import { call } from './player.ts';

/** Commands under way at once while sessions are made. */
const AT_ONCE = 48;

/**
 * Makes running sessions: created over REST, so that no socket gets into their rooms, and started over sockets, which
 * is cheaper.
 */
export class Seeder {
  readonly #url: string;
  readonly #sockets: Socket[];
  readonly #agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });

  constructor(url: string, sockets: Socket[]) {
    this.#url = url;
    this.#sockets = sockets;
  }

  /**
   * Makes `count` sessions, many at once. `bankMs` is called for each just before it is made. Resolves with their
   * states, in order.
   */
  async seed(
    prefix: string,
    count: number,
    bankMs: (index: number) => number,
    progress: (done: number) => void = () => {},
  ): Promise<SessionState[]> {
    const states: SessionState[] = [];
    let next = 0;
    const work = async (socket: Socket) => {
      for (let index = next++; index < count; index = next++) {
        const session_id = `${prefix}-${index}`;
        const total_time_ms = Math.ceil(bankMs(index));
        const participants = ['white', 'black'].map((participant_id) => ({ participant_id, total_time_ms }));
        await this.#create({ session_id, sync_mode: 'per_participant', participants, warning_thresholds_ms: [] });
        states[index] = await call<SessionState>(socket, 'session:start', { session_id });
        if (next % 1000 === 0) progress(next);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => work(this.#sockets[index % this.#sockets.length] as Socket)));
    return states;
  }

  close(): void {
    this.#agent.destroy();
  }

  async #create(payload: object): Promise<void> {
    const body = JSON.stringify(payload);
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    await new Promise<void>((resolve, reject) => {
      const sent = request(`${this.#url}/v1/sessions`, { method: 'POST', agent: this.#agent, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const reply = JSON.parse(Buffer.concat(chunks).toString()) as Reply<SessionState>;
          if (reply.ok) resolve();
          else reject(new Error(`not created: ${reply.error.message}`));
        });
        response.on('error', reject);
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }
}
