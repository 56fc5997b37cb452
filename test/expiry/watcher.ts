import type { ExpiredEvent, SessionState, UpdateEvent, WarningEvent } from '#contract';
import { TestClient } from '../kit/socket-client.ts';

export const GRACE_MS = 20;

export interface Session {
  id: string;
  deadline: number;
  /** Whether the instance that is killed has its alarm. */
  doomed: boolean;
}

/** A person's view of many sessions over one socket at a time. */
export class Watcher {
  readonly sessions: Session[] = [];
  readonly knew = new Map<string, number>();
  readonly told = new Map<string, ExpiredEvent[]>();
  readonly warned = new Map<string, number>();
  early = 0;
  #client: TestClient | undefined;

  async connect(url: string): Promise<void> {
    this.#client = await TestClient.connect(url);
    this.#client.socket.on('session:update', (update: UpdateEvent) => this.#see(update.state));
    this.#client.socket.on('session:warning', ({ session_id, threshold_ms }: WarningEvent) => {
      const warning = `${session_id} ${threshold_ms}`;
      this.warned.set(warning, (this.warned.get(warning) ?? 0) + 1);
    });
    this.#client.socket.on('session:expired', (expired: ExpiredEvent) => {
      const { session_id, expired_at } = expired;
      this.told.set(session_id, [...(this.told.get(session_id) ?? []), expired]);
      // Redis, the instances and this process read one machine's clock.
      if (Date.now() < Date.parse(expired_at) + GRACE_MS) this.early += 1;
    });
  }

  get client(): TestClient {
    if (this.#client === undefined) throw new Error('not connected');
    return this.#client;
  }

  /** Comes back at another instance and asks for what it missed, session by session. */
  async moveTo(url: string): Promise<void> {
    await this.client.disconnected();
    await this.connect(url);
    await inParallel(this.sessions, 4, async ({ id }) => {
      const { state } = await this.client.ok('session:join', { session_id: id, last_known_version: 2 });
      this.#see(state);
    });
  }

  #see({ session_id, status }: SessionState): void {
    if (status === 'expired' && !this.knew.has(session_id)) this.knew.set(session_id, Date.now());
  }
}

/** Works on all items, on so many at a time. */
export async function inParallel<Item>(items: Item[], lanes: number, work: (item: Item) => Promise<void>): Promise<void> {
  const queue = items[Symbol.iterator]();
  const lane = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
