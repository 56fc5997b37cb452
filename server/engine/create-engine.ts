import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import { Alarms } from './alarms.ts';
import type { Clock } from './clock.ts';
import { Committer } from './committer.ts';
import { Engine } from './engine.ts';
import { Expirer } from './expirer.ts';
import type { Rooms, SessionStore } from './ports.ts';
import { Sweep } from './sweep.ts';

export interface EngineParts {
  store: SessionStore;
  rooms: Rooms;
  clock: Clock;
  /** How long an idle session stays in Redis, ms. */
  idleMs: number;
  /** How long after a deadline an expiry waits for commands that came before it, ms. */
  graceMs: number;
  /** Whether events are written to the outbox. */
  audit: boolean;
  metrics: Metrics;
  logger: Logger;
}

/** Puts the engine together: commands on one side, deadlines that nobody has to ask for on the other. */
export function createEngine(parts: EngineParts): { engine: Engine; start(): void; close(): Promise<void> } {
  const { clock, logger } = parts;
  const underWay = new Set<Promise<void>>();
  const alarms = new Alarms(
    () => clock.now(),
    (sessionId) => {
      const attending = expirer.attend(sessionId).catch((error: unknown) => {
        // Whoever sweeps next finds the session overdue.
        logger.warn({ session: sessionId, err: error }, 'a deadline could not be attended to');
      });
      underWay.add(attending);
      void attending.then(() => underWay.delete(attending));
    },
  );
  const committer = new Committer({ ...parts, alarms });
  const expirer = new Expirer({ ...parts, committer, alarms });
  const sweep = new Sweep({ ...parts, expirer });
  return {
    engine: new Engine({ ...parts, committer, expirer }),
    start: () => sweep.start(),
    async close() {
      alarms.close();
      await sweep.close();
      await Promise.all(underWay);
    },
  };
}
