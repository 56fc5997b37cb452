import type { KeyObject } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { causeOf } from '../audit/database-errors.ts';
import type { PrismaClient, WebhookEndpoint } from '../audit/generated/client.ts';
import { messageId } from '../util/message-id.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import { within } from '../util/within.ts';
import type { Bodies } from './bodies.ts';
import { disableEndpoint, noteFailure } from './disabling.ts';
import { type DueDelivery, type Settled, settle, takeDue } from './due.ts';
import { type Lease, renewLease } from './leases.ts';
import { pauseBefore, retryAfterOf } from './schedule.ts';
import { type Attempt, LANES, Sender, type SenderOptions } from './sender.ts';
import { checkOf, type Secrets, signedHeaders } from './signing.ts';

/** How long a result may wait for others, so that one statement records them. */
const SETTLE_PAUSE_MS = 50;
const SETTLED_TOGETHER = 16;
/** How soon something due is looked for while attempts are under way. */
const LOOK_MS = 200;
/** How often the lease is renewed, and the endpoint read, while there is work. */
const RENEW_MS = 1_000;
/** At the end of the process attempts under way have this long, ms. */
const GRACE_MS = 3_000;
/** A delivery whose rows are on their way is looked at again after this pause, ms. */
const LATER_MS = 1_000;
const DATABASE_RETRY_MS = 500;

export interface RunOptions {
  database: PrismaClient;
  bodies: Bodies;
  secrets: () => Promise<Secrets>;
  privateKey: KeyObject | undefined;
  sender: SenderOptions;
  logger: Logger;
  metrics: Metrics;
  /** Unix ms of the one clock. */
  now: () => number;
  random: () => number;
}

/**
 * Delivers everything to one endpoint that is due, four messages at a time, for as long as the lease holds. May be
 * killed at any line: what is not recorded as delivered is delivered again, under the same id.
 */
export class EndpointRun {
  readonly #options: RunOptions;
  readonly #lease: Lease;
  readonly #closing: AbortSignal;
  readonly #stop = new AbortController();
  readonly #sender: Sender;
  /** Deliveries whose results are not recorded yet. */
  readonly #taken = new Set<DueDelivery>();
  readonly #lanes = new Set<Promise<void>>();
  #results: { delivery: DueDelivery; result: Settled }[] = [];
  #settleTimer: NodeJS.Timeout | undefined;
  #settling: Promise<void> = Promise.resolve();
  #endpoint: WebhookEndpoint | null = null;

  /** @param closing ends the run; attempts under way get some seconds more, and are repeated if that is not enough */
  constructor(options: RunOptions, lease: Lease, closing: AbortSignal) {
    this.#options = options;
    this.#lease = lease;
    this.#closing = closing;
    this.#sender = new Sender(options.sender);
  }

  /** Resolves when nothing is due, or the lease is lost. Rejects with Prisma's error. */
  async run(): Promise<void> {
    const renewing = this.#renewRegularly();
    try {
      await this.#deliverAll();
      await within(GRACE_MS, Promise.all(this.#lanes), () => {});
    } finally {
      this.#stop.abort();
      await Promise.all([...this.#lanes, renewing]);
      clearTimeout(this.#settleTimer);
      await this.#settle();
      this.#sender.close();
    }
  }

  async #deliverAll(): Promise<void> {
    this.#endpoint = await renewLease(this.#options.database, this.#lease);
    while (this.#goesOn) {
      const endpoint = this.#endpoint;
      if (endpoint === null) return;
      const due = await takeDue(this.#options.database, endpoint, [...this.#taken]);
      if (due.length === 0 && this.#taken.size === 0) return;
      if (due.length === 0) await within(LOOK_MS, this.#lanes.size === 0 ? this.#settle() : Promise.race(this.#lanes), () => {});
      for (const delivery of due) {
        while (this.#lanes.size >= LANES) await Promise.race(this.#lanes);
        if (!this.#goesOn) return;
        this.#begin(endpoint, delivery);
      }
    }
  }

  get #goesOn(): boolean {
    return !this.#closing.aborted && !this.#stop.signal.aborted;
  }

  #begin(endpoint: WebhookEndpoint, delivery: DueDelivery): void {
    this.#taken.add(delivery);
    const lane = this.#deliver(endpoint, delivery)
      .catch((error: unknown) => {
        this.#taken.delete(delivery);
        this.#options.logger.warn({ endpoint: endpoint.id, cause: causeOf(error) }, 'delivering a webhook failed');
      })
      .finally(() => this.#lanes.delete(lane));
    this.#lanes.add(lane);
  }

  /** One attempt. */
  async #deliver(endpoint: WebhookEndpoint, delivery: DueDelivery): Promise<void> {
    const { bodies, metrics, now, secrets, privateKey } = this.#options;
    const { session_id, epoch, version } = delivery;
    const key = { session_id, epoch, version };
    const none = { ...key, attempted: 0, lastStatus: null, tookMs: null } as const;
    const body = await bodies.of(delivery, endpoint.include_state);
    if (body === 'later') return this.#record(delivery, { ...none, status: 'pending', pauseMs: LATER_MS, lastError: null });
    if (body === 'gone') {
      return this.#record(delivery, { ...none, status: 'failed', pauseMs: 0, lastError: 'the event is no longer in the trail' });
    }
    const known = secretsOf(await secrets(), endpoint, now());
    let attempt: Attempt;
    if (known === null) {
      const error = 'the secret can’t be derived: WEBHOOK_MASTER_KEY is another one than at its creation; rotate the secret';
      attempt = { status: null, error, retryAfter: undefined, tookMs: 0 };
    } else {
      const headers = signedHeaders(messageId(delivery), Math.floor(now() / 1_000), body.text, { secrets: known, privateKey });
      if (delivery.attempts === 0) metrics.webhookDelay.observe(Math.max(0, now() - delivery.event_at.getTime()));
      attempt = await this.#sender.send(new URL(endpoint.url), headers, body.text, this.#stop.signal);
    }
    // Nobody knows whether it arrived; it stays due.
    if (this.#stop.signal.aborted && attempt.status === null) {
      this.#taken.delete(delivery);
      return;
    }
    await this.#conclude(endpoint, delivery, attempt);
  }

  async #conclude(endpoint: WebhookEndpoint, delivery: DueDelivery, attempt: Attempt): Promise<void> {
    const { database, metrics, logger, now, random } = this.#options;
    const { session_id, epoch, version } = delivery;
    const { status, error, tookMs } = attempt;
    const succeeded = status !== null && status >= 200 && status < 300;
    metrics.webhookAttempts.inc({ outcome: succeeded ? 'delivered' : status === null ? 'unreachable' : 'refused' });
    const key = { session_id, epoch, version };
    const tried = { ...key, attempted: 1, lastStatus: status, lastError: error, tookMs } as const;
    if (succeeded) {
      this.#record(delivery, { ...tried, status: 'delivered', pauseMs: 0 });
      return;
    }
    const attempts = delivery.attempts + 1;
    const pauseMs = status === 410 ? null : pauseBefore(attempts, retryAfterOf(attempt.retryAfter, now()), random());
    logger.debug({ endpoint: endpoint.id, attempts, status, error }, 'a webhook was not delivered');
    this.#record(delivery, { ...tried, status: pauseMs === null ? 'failed' : 'pending', pauseMs: pauseMs ?? 0 });
    if (pauseMs === null && status !== 410) metrics.webhookGivenUp.inc();
    const failing = await noteFailure(database, endpoint.id, error ?? `answered ${status}`);
    const reason = status === 410 ? 'gone' : failing;
    if (reason === null) return;
    if (await disableEndpoint(database, endpoint.id, reason)) {
      metrics.webhookDisabled.inc({ reason });
      logger.warn({ endpoint: endpoint.id, url: endpoint.url, reason }, 'a webhook endpoint was disabled');
    }
    this.#stop.abort();
  }

  /** Has a result recorded, together with those of the same moments. */
  #record(delivery: DueDelivery, result: Settled): void {
    this.#results.push({ delivery, result });
    if (this.#results.length >= SETTLED_TOGETHER || this.#endpoint?.ordered === true) void this.#settle();
    else this.#settleTimer ??= setTimeout(() => void this.#settle(), SETTLE_PAUSE_MS);
  }

  /**
   * Writes the results that wait, one statement at a time, and again until the database takes them or the run ends.
   * Never rejects.
   */
  async #settle(): Promise<void> {
    clearTimeout(this.#settleTimer);
    this.#settleTimer = undefined;
    this.#settling = this.#settling.then(async () => {
      const results = this.#results.splice(0);
      while (results.length > 0 && this.#endpoint !== null) {
        try {
          await settle(
            this.#options.database,
            this.#endpoint,
            results.map(({ result }) => result),
          );
          break;
        } catch (error) {
          this.#options.logger.warn({ endpoint: this.#endpoint.id, cause: causeOf(error) }, 'what came of webhooks could not be recorded');
          if (!this.#goesOn) break;
          await wait(DATABASE_RETRY_MS, undefined, { signal: this.#stop.signal }).catch(() => {});
        }
      }
      for (const { delivery } of results) this.#taken.delete(delivery);
    });
    await this.#settling;
  }

  /** Keeps the lease, and notices if it is lost or the endpoint was changed. */
  async #renewRegularly(): Promise<void> {
    const { signal } = this.#stop;
    for (;;) {
      await wait(RENEW_MS, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      // A statement that failed says nothing of the lease.
      const held = await renewLease(this.#options.database, this.#lease).catch(() => undefined);
      if (held === null) this.#stop.abort();
      else if (held !== undefined) this.#endpoint = held;
    }
  }
}

/** The secrets that are valid now, the present one first; null if they are not those that were given out. */
function secretsOf(secrets: Secrets, { id, secret_number, secret_check, rotated_until }: WebhookEndpoint, now: number): Buffer[] | null {
  const present = secrets.of(id, secret_number);
  if (checkOf(present) !== secret_check) return null;
  return rotated_until !== null && rotated_until.getTime() > now ? [present, secrets.of(id, secret_number - 1)] : [present];
}
