import type { Config } from '../config.ts';
import { AddressGuard } from './addresses.ts';
import type { WebhookSettings } from './deliverer.ts';
import { createResolve } from './target.ts';

type Variables = Pick<Config, 'WEBHOOK_MASTER_KEY' | 'SIGNING_KEY' | 'WEBHOOK_ALLOW' | 'WEBHOOK_ALLOW_HTTP'>;

/** What delivering webhooks takes from the settings. */
export function webhookSettings(config: Variables, serverVersion: string): WebhookSettings {
  return {
    masterKey: config.WEBHOOK_MASTER_KEY,
    privateKey: config.SIGNING_KEY,
    sender: {
      guard: new AddressGuard(config.WEBHOOK_ALLOW),
      allowHttp: config.WEBHOOK_ALLOW_HTTP,
      resolve: createResolve(),
      userAgent: `SyncKairos/${serverVersion}`,
    },
  };
}
