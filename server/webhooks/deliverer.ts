import type { KeyObject } from 'node:crypto';
import { closeDatabase, openDatabase } from '../audit/database.ts';
import { causeOf } from '../audit/database-errors.ts';
import type { PrismaClient } from '../audit/generated/client.ts';
import { SCHEMA, type Schema } from '../domain/schema.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import { every } from '../util/every.ts';
import { within } from '../util/within.ts';
import { Bodies } from './bodies.ts';
import { EndpointRun, type RunOptions } from './endpoint-run.ts';
import { claimEndpoints, type Lease, releaseLease } from './leases.ts';
import { openSecrets } from './master-key.ts';
import { RunQueue } from './run-queue.ts';
import { clearOut } from './clear-out.ts';
import { sampleFeed, sampleWebhooks } from './sample.ts';
import type { SenderOptions } from './sender.ts';

const CONNECTIONS = 10;
const STATEMENT_MS = 10_000;
/** How often something due is looked for that nobody has told of: further attempts, and what another worker left. */
const LOOK_MS = 1_000;
const CLEAR_OUT_MS = 3_600_000;
const CLOSE_DEADLINE_MS = 5_000;

/** What signing and addresses need from the settings. */
export interface WebhookSettings {
  masterKey: string | undefined;
  privateKey: KeyObject | undefined;
  sender: SenderOptions;
}

export interface DelivererOptions {
  databaseUrl: string;
  redisUrl: string;
  keyPrefix: string;
  settings: WebhookSettings;
  schema?: Schema | undefined;
  logger: Logger;
  metrics: Metrics;
  /** Unix ms of the one clock. */
  now: () => number;
}

/**
 * Delivers webhooks. PostgreSQL says what is due; a deliverer claims an endpoint that has something due, puts the claim
 * into the queue, and whichever process takes it delivers everything to that endpoint. There may be many, and each may
 * die at any line.
 */
export class Deliverer {
  readonly #options: DelivererOptions;
  readonly #database: PrismaClient;
  readonly #run: RunOptions;
  readonly #stop = new AbortController();
  readonly #working: Promise<unknown>;
  #queue: RunQueue | undefined;
  #claiming: Promise<void> | undefined;
  readonly #told = new Set<string>();
  #closing: Promise<void> | undefined;

  /** Begins at once. */
  constructor(options: DelivererOptions) {
    this.#options = options;
    const { databaseUrl, settings, schema = SCHEMA, logger, metrics, now } = options;
    this.#database = openDatabase(databaseUrl, logger, { connections: CONNECTIONS, statementMs: STATEMENT_MS });
    const { masterKey, privateKey, sender } = settings;
    this.#run = {
      database: this.#database,
      bodies: new Bodies(this.#database, schema),
      secrets: openSecrets(this.#database, masterKey),
      privateKey,
      sender,
      logger,
      metrics,
      now,
      random: Math.random,
    };
    const failed = (error: unknown) => logger.debug({ cause: causeOf(error) }, 'webhooks that are due could not be looked for');
    const { signal } = this.#stop;
    this.#working = Promise.all([
      every(LOOK_MS, signal, () => this.#look(), failed),
      every(CLEAR_OUT_MS, signal, () => clearOut(this.#database), failed),
    ]);
  }

  /** Looks at once for what is due to these endpoints. */
  poke(endpointIds: readonly string[]): void {
    for (const id of endpointIds) this.#told.add(id);
    this.#claiming ??= this.#claimTold().finally(() => {
      this.#claiming = undefined;
    });
  }

  /**
   * Ends: attempts under way get three seconds, endpoints are left to other processes. Never rejects, and takes five
   * seconds at most.
   */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#stop.abort();
    await within(CLOSE_DEADLINE_MS, Promise.all([this.#queue?.close(), this.#working, this.#claiming]), () => {});
    await closeDatabase(this.#database, this.#options.logger);
  }

  /** Claims what is due, and measures. */
  async #look(): Promise<void> {
    await sampleFeed(this.#database, this.#options.metrics);
    const used = await sampleWebhooks(this.#database, this.#options.metrics);
    // Where nobody uses webhooks, no connection is opened for them.
    if (used) await this.#claim();
  }

  async #claimTold(): Promise<void> {
    while (this.#told.size > 0 && !this.#stop.signal.aborted) {
      const ids = [...this.#told];
      this.#told.clear();
      try {
        await this.#claim(ids);
      } catch (error) {
        // The next look finds it.
        this.#options.logger.debug({ cause: causeOf(error) }, 'webhooks that are due could not be claimed');
      }
    }
  }

  async #claim(only?: readonly string[]): Promise<void> {
    const { redisUrl, keyPrefix, logger } = this.#options;
    const leases = await claimEndpoints(this.#database, only);
    if (this.#stop.signal.aborted) {
      await this.#giveBack(leases);
      return;
    }
    this.#queue ??= new RunQueue({ redisUrl, keyPrefix, logger, work: (lease, signal) => this.#deliver(lease, signal) });
    try {
      await this.#queue.add(leases);
    } catch (error) {
      logger.debug({ err: error }, 'webhooks that are due could not be queued');
      await this.#giveBack(leases);
    }
  }

  async #deliver(lease: Lease, closing: AbortSignal): Promise<void> {
    try {
      await new EndpointRun(this.#run, lease, closing).run();
    } catch (error) {
      this.#options.logger.warn({ endpoint: lease.endpoint, cause: causeOf(error) }, 'delivering webhooks was interrupted');
      // The next look claims it again.
      await this.#giveBack([lease]);
      return;
    }
    await this.#giveBack([lease]);
    // Something may have come between the last look and the end of the lease.
    this.poke([lease.endpoint]);
  }

  /** Gives leases back; those that can't be end by themselves. Never rejects. */
  async #giveBack(leases: readonly Lease[]): Promise<void> {
    await Promise.allSettled(leases.map((lease) => releaseLease(this.#database, lease)));
  }
}
