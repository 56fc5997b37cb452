import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import { Archive } from './archive.ts';
import { Alarms } from './alarms.ts';
import type { Clock } from './clock.ts';
import { Committer } from './committer.ts';
import { Engine } from './engine.ts';
import { Expirer } from './expirer.ts';
import type { SessionCache } from './session-cache.ts';
import { Liveness } from './liveness.ts';
import { Overdue } from './overdue.ts';
import type { Marks, Presence, Rooms, SessionStore } from './ports.ts';
import type { Departures, Trail } from './trail-ports.ts';
import { Sweep } from './sweep.ts';

export interface EngineParts {
  store: SessionStore;
  /** Closed with the engine. */
  marks: Marks;
  rooms: Rooms;
  /** Undefined where no trail can be read. */
  trail?: Trail | undefined;
  /** Undefined where nothing is brought back. */
  departures?: Departures | undefined;
  clock: Clock;
  /** The session cache. */
  cache: SessionCache;
  presence: Pick<Presence, 'last'>;
  /** How long an idle session stays in Redis, ms. */
  idleMs: number;
  /** How long a session runs without a command and a connection if it does not say so itself, ms; 0 for ever. */
  idleRunMs: number;
  /** How long after a deadline an expiry waits for commands that came before it, ms. */
  graceMs: number;
  /** Whether events are written to the outbox. */
  audit: boolean;
  metrics: Metrics;
  logger: Logger;
}

/** Composes the engine: commands on one side, deadlines that pass without a command on the other. */
export function createEngine(parts: EngineParts): { engine: Engine; archive: Archive; start(): Promise<void>; close(): Promise<void> } {
  const { clock, logger } = parts;
  const underWay = new Set<Promise<void>>();
  const alarms = new Alarms(
    () => clock.now(),
    (sessionId) => {
      const handling = expirer.handleDue(sessionId).catch((error: unknown) => {
        // The next sweep finds the session overdue.
        logger.warn({ session: sessionId, err: error }, 'what a deadline asks for could not be done');
      });
      underWay.add(handling);
      void handling.then(() => underWay.delete(handling));
    },
  );
  const liveness = new Liveness(parts.marks, logger);
  const overdue = new Overdue({ ...parts, liveness });
  const committer = new Committer({ ...parts, overdue, alarms });
  const archive = new Archive({ ...parts, committer });
  const expirer = new Expirer({ ...parts, committer, liveness, overdue, alarms });
  const sweep = new Sweep({ ...parts, expirer });
  return {
    archive,
    engine: new Engine({ ...parts, committer, archive, liveness, overdue, expirer }),
    async start() {
      // Before the first command, since this instance may be the first to learn of an outage.
      await liveness.start();
      sweep.start();
    },
    async close() {
      alarms.close();
      await Promise.all([sweep.close(), liveness.close()]);
      await Promise.all(underWay);
    },
  };
}
