import { SERVER_VERSION } from '../package-root.ts';
import { Deliverer } from '../webhooks/deliverer.ts';
import { openEndpoints } from '../webhooks/endpoints.ts';
import { webhookSettings } from '../webhooks/settings.ts';
import type { Base } from './base.ts';
import type { ClockPart } from './clock.ts';

export type WebhooksPart = ReturnType<typeof openWebhooks>;

/**
 * Opens this instance's part of webhooks: their management wherever the trail can be read, their delivery where the
 * instance carries the trail.
 */
export function openWebhooks({ config, schema, logger, metrics }: Base, { now }: ClockPart) {
  const { AUDIT_WORKER: mode, DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, KEY_PREFIX: keyPrefix } = config;
  if (mode === 'none' || databaseUrl === undefined) return { endpoints: undefined, owed: () => {}, close: async () => {} };
  const settings = webhookSettings(config, SERVER_VERSION);
  if (settings.masterKey === undefined && (config.ADMIN_USER !== undefined || config.AUTH_MODE === 'jwt')) {
    logger.warn('WEBHOOK_MASTER_KEY is not set: the key of webhook secrets is kept in the database, where whoever reads it can sign');
  }
  const deliverer =
    mode === 'inline' ? new Deliverer({ databaseUrl, redisUrl, keyPrefix, settings, schema, logger, metrics, now }) : undefined;
  const owed = (endpointIds: string[]) => deliverer?.poke(endpointIds);
  const endpoints = openEndpoints({ databaseUrl, masterKey: settings.masterKey, rules: settings.sender, logger, metrics, now, owed });
  return {
    /** Undefined where no trail can be read. */
    endpoints,
    /** To be called with endpoints that got deliveries. */
    owed,
    /** Ends deliveries, then closes the database. Never rejects. */
    async close(): Promise<void> {
      await Promise.all([deliverer?.close(), endpoints.close()]);
    },
  };
}
