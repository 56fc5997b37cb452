/**
 * Clients of an application in a process of its own, each like a device with wall and monotonic clocks of its own, that
 * note when they show a session as running. Told what to do by starts.ts.
 */
import { SyncKairosClient } from '../../client-sdk/src/index.ts';

/** Device clocks are wrong by up to so much. */
const WRONG_MS = 300_000;

/** Who listens to which sessions. */
export interface StartsOrder {
  url: string;
  clients: number;
  sessions: string[];
}

/** A client has shown a session as running, at this Unix time of the machine, ms with fractions. */
export interface Shown {
  session: string;
  at: number;
}

const machineNow = (): number => performance.timeOrigin + performance.now();

async function listen({ url, clients, sessions }: StartsOrder): Promise<void> {
  const ready = Array.from({ length: clients }, async () => {
    const [wrong, since] = [(2 * Math.random() - 1) * WRONG_MS, Math.random() * WRONG_MS];
    const clock = { wall: () => Date.now() + wrong, monotonic: () => performance.now() + since };
    const client = new SyncKairosClient(url, { clock });
    client.on('error', () => undefined);
    const known = sessions.map((session) => {
      const { subscribe, getSnapshot } = client.session(session);
      return new Promise<void>((resolve) => {
        let isShown = false;
        subscribe(() => {
          const status = getSnapshot()?.status;
          if (status !== undefined) resolve();
          if (status !== 'running' || isShown) return;
          isShown = true;
          process.send?.({ session, at: machineNow() } satisfies Shown);
        });
      });
    });
    await Promise.all(known);
    await client.syncServerTime();
  });
  await Promise.all(ready);
  process.send?.('ready');
}

process.on('message', (order: StartsOrder) => void listen(order));
process.on('disconnect', () => process.exit(0));
