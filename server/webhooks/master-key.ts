import { randomBytes } from 'node:crypto';
import type { PrismaClient } from '../audit/generated/client.ts';
import { Secrets } from './signing.ts';

const KEY_BYTES = 32;

/**
 * The secrets by the key of the settings, or by the one that the database keeps, which is made at the first use.
 * Rejects with Prisma's error.
 */
export function openSecrets(database: PrismaClient, configured: string | undefined): () => Promise<Secrets> {
  let opened: Secrets | undefined = configured === undefined ? undefined : new Secrets(configured);
  return async () => (opened ??= new Secrets(await keptKey(database)));
}

async function keptKey(database: PrismaClient): Promise<string> {
  const made = randomBytes(KEY_BYTES).toString('base64url');
  // Of several processes that make one at a time, the first one's stays.
  await database.$executeRaw`INSERT INTO webhook_keys (name, value) VALUES ('master', ${made}) ON CONFLICT DO NOTHING`;
  const { value } = await database.webhookKey.findUniqueOrThrow({ where: { name: 'master' } });
  return value;
}
