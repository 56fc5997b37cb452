import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/**
 * Every metric of the service, under the name that dashboards and alerts use. Durations are in milliseconds. Each app
 * has its own registry, so that two apps can share a process.
 */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const queueSize = new Gauge({
    name: 'synckairos_db_write_queue_size',
    help: 'Audit jobs by status',
    labelNames: ['status'] as const,
    registers,
  });
  // Present from the first scrape, so that an alert can tell zero from unknown.
  for (const status of ['waiting', 'active', 'delayed', 'failed'] as const) queueSize.set({ status }, 0);
  const webhookDisabled = new Counter({
    name: 'synckairos_webhook_endpoints_disabled_total',
    help: 'Webhook endpoints that were disabled, by reason',
    labelNames: ['reason'] as const,
    registers,
  });
  for (const reason of ['gone', 'failing', 'requested'] as const) webhookDisabled.inc({ reason }, 0);
  const webhookAttempts = new Counter({
    name: 'synckairos_webhook_attempts_total',
    help: 'Attempts to deliver a webhook: delivered, refused by the receiver, or unreachable',
    labelNames: ['outcome'] as const,
    registers,
  });
  for (const outcome of ['delivered', 'refused', 'unreachable'] as const) webhookAttempts.inc({ outcome }, 0);
  const webhookEndpoints = new Gauge({
    name: 'synckairos_webhook_endpoints',
    help: 'Webhook endpoints by status',
    labelNames: ['status'] as const,
    registers,
  });
  for (const status of ['enabled', 'disabled'] as const) webhookEndpoints.set({ status }, 0);
  return {
    registry,
    queueSize,
    webhookDisabled,
    webhookAttempts,
    webhookEndpoints,
    webhookGivenUp: new Counter({
      name: 'synckairos_webhook_given_up_total',
      help: 'Webhook deliveries given up after their last attempt',
      registers,
    }),
    webhookDelay: new Histogram({
      name: 'synckairos_webhook_first_attempt_delay_ms',
      help: 'Time from an event to the first attempt to deliver it',
      buckets: [50, 100, 250, 500, 1000, 2500, 5000, 10_000, 60_000],
      registers,
    }),
    webhookLag: new Gauge({
      name: 'synckairos_webhook_lag_ms',
      help: 'For how long the webhook delivery has been due that waits longest',
      registers,
    }),
    feedHeldBack: new Gauge({
      name: 'synckairos_feed_held_back_ms',
      help: 'Age of the oldest event that is in the trail and not yet in the feed, since a transaction has not ended',
      registers,
    }),
    webhookPending: new Gauge({
      name: 'synckairos_webhook_deliveries_pending',
      help: 'Webhook deliveries that have an attempt before them',
      registers,
    }),
    ready: new Gauge({ name: 'synckairos_ready', help: '1 while /ready is 200, else 0', registers }),
    httpRequests: new Counter({
      name: 'synckairos_http_requests_total',
      help: 'HTTP requests answered',
      labelNames: ['method', 'route', 'status_code'] as const,
      registers,
    }),
    httpDuration: new Histogram({
      name: 'synckairos_http_request_duration_ms',
      help: 'Time to answer an HTTP request',
      labelNames: ['method', 'route'] as const,
      buckets: [1, 5, 10, 25, 50, 100, 250, 500, 1000],
      registers,
    }),
    switchDuration: new Histogram({
      name: 'synckairos_switch_cycle_duration_ms',
      help: 'Time from the arrival of a switch to its commit',
      buckets: [1, 2, 3, 5, 10, 25, 50],
      registers,
    }),
    commands: new Counter({
      name: 'synckairos_commands_total',
      help: 'Commands answered; the outcome is ok, replayed or the error code',
      labelNames: ['command', 'outcome'] as const,
      registers,
    }),
    commandDuration: new Histogram({
      name: 'synckairos_command_duration_ms',
      help: 'Time from the arrival of a command to its reply',
      labelNames: ['command'] as const,
      buckets: [1, 2, 3, 5, 10, 25, 50, 100, 250, 500, 1000, 2000],
      registers,
    }),
    expiryLateness: new Histogram({
      name: 'synckairos_expiry_lateness_ms',
      help: 'Time from the end of the grace after a deadline to the commit of its expiry',
      buckets: [1, 2, 3, 5, 10, 25, 50, 100, 250, 500, 1000, 5000],
      registers,
    }),
    connectedSockets: new Gauge({ name: 'synckairos_connected_sockets', help: 'Sockets connected to this instance', registers }),
    slowReaders: new Counter({
      name: 'synckairos_slow_readers_disconnected_total',
      help: 'Connections that were cut because their peer did not read',
      registers,
    }),
    activeSessions: new Gauge({
      name: 'synckairos_active_sessions',
      help: 'Sessions with a socket of this instance in their room, by status',
      labelNames: ['status'] as const,
      registers,
    }),
    broadcasts: new Counter({
      name: 'synckairos_broadcasts_total',
      help: 'Events sent to session rooms',
      labelNames: ['event'] as const,
      registers,
    }),
    rateLimited: new Counter({
      name: 'synckairos_rate_limited_total',
      help: 'Requests, commands and connections refused by a limit',
      labelNames: ['limit'] as const,
      registers,
    }),
    auditLag: new Gauge({ name: 'synckairos_audit_lag_ms', help: 'Age of the oldest event that is not in the database yet', registers }),
    clockOffset: new Gauge({ name: 'synckairos_clock_offset_ms', help: "The Redis clock minus this instance's wall clock", registers }),
    clockJumps: new Counter({ name: 'synckairos_clock_jumps_total', help: 'Times the clock of Redis was seen to jump', registers }),
    redisEvicting: new Gauge({
      name: 'synckairos_redis_evicting',
      help: 'Redis servers that may evict keys when they are full',
      registers,
    }),
    clockRefusals: new Counter({
      name: 'synckairos_clock_refusals_total',
      help: 'Commits that the clock of Redis contradicted',
      registers,
    }),
    clockErrorBound: new Gauge({
      name: 'synckairos_clock_error_bound_ms',
      help: 'How far this instance may be from the Redis clock',
      registers,
    }),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
