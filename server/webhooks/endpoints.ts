import { randomBytes, randomUUID } from 'node:crypto';
import { causeOf, isOutage } from '../audit/database-errors.ts';
import { closeDatabase, openDatabase } from '../audit/database.ts';
import type { PrismaClient, WebhookEndpoint } from '../audit/generated/client.ts';
import { invalid, type Refusal, refuse } from '../domain/refusal.ts';
import { StoreUnavailableError } from '../engine/ports.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Answered, Endpoint, EndpointFields, Manager, WebhookType, Webhooks } from '../transport/webhook-port.ts';
import { deliveriesOf, deliveryOf, keyOf, makeDue, replay } from './delivery-list.ts';
import { disableEndpoint } from './disabling.ts';
import { openSecrets } from './master-key.ts';
import { checkOf, secretText } from './signing.ts';
import { refusalOfUrl, type TargetRules } from './target.ts';

const CONNECTIONS = 3;
const STATEMENT_MS = 3_000;
/** Endpoints of a deployment. */
const ENDPOINTS_MAX = 1_000;
const ID_BYTES = 12;
/** Pending deliveries of an endpoint are counted no further. */
const PENDING_COUNTED_MAX = 1_000;
/** How long the secret before a rotation is used too, hours. */
const ROTATION_HOURS = 24;

export interface EndpointsOptions {
  databaseUrl: string;
  masterKey: string | undefined;
  rules: TargetRules;
  logger: Logger;
  metrics: Metrics;
  /** Unix ms of the one clock. */
  now: () => number;
  /** Called with endpoints that have something due. */
  owed?: ((endpointIds: string[]) => void) | undefined;
}

/** Opens the endpoints of webhooks in the trail's database. */
export function openEndpoints({ databaseUrl, masterKey, rules, logger, metrics, now, owed = () => {} }: EndpointsOptions): Webhooks & {
  close(): Promise<void>;
} {
  const database = openDatabase(databaseUrl, logger, { connections: CONNECTIONS, statementMs: STATEMENT_MS });
  const secrets = openSecrets(database, masterKey);

  const find = async (manager: Manager, id: string): Promise<WebhookEndpoint | null> => {
    const found = await database.webhookEndpoint.findFirst({ where: { id, deleted_at: null } });
    return found !== null && manager.covers(found.session_prefix) ? found : null;
  };
  /** Runs work on an endpoint that the manager covers. */
  const on = <Data>(manager: Manager, id: string, work: (endpoint: WebhookEndpoint) => Promise<Answered<Data>>): Promise<Answered<Data>> =>
    reachable(logger, async () => {
      const endpoint = await find(manager, id);
      return endpoint === null ? refuse('NOT_FOUND', 'No such webhook') : work(endpoint);
    });
  const told = async (endpoint: WebhookEndpoint): Promise<Endpoint> => endpointOf(endpoint, await pendingOf(database, [endpoint.id]));
  const withSecret = async (endpoint: WebhookEndpoint) => ({
    ...(await told(endpoint)),
    secret: secretText((await secrets()).of(endpoint.id, endpoint.secret_number)),
  });

  return {
    create: (manager, fields) =>
      reachable(logger, async () => {
        const refusal = refusalOf(fields, manager, rules);
        if (refusal !== null) return refusal;
        if ((await database.webhookEndpoint.count({ where: { deleted_at: null } })) >= ENDPOINTS_MAX) {
          return refuse('FORBIDDEN', `This deployment has ${ENDPOINTS_MAX} webhooks, as many as it may; delete some`);
        }
        const id = `we_${randomBytes(ID_BYTES).toString('base64url')}`;
        const secret_check = checkOf((await secrets()).of(id, 1));
        const made = await database.webhookEndpoint.create({ data: { id, owner: manager.owner, secret_check, ...columnsOf(fields) } });
        return { ok: true, data: await withSecret(made) };
      }),

    list: (manager) =>
      reachable(logger, async () => {
        const all = await database.webhookEndpoint.findMany({
          where: { deleted_at: null },
          orderBy: [{ created_at: 'asc' }, { id: 'asc' }],
        });
        const covered = all.filter((one) => manager.covers(one.session_prefix));
        const pending = await pendingOf(
          database,
          covered.map(({ id }) => id),
        );
        return { ok: true, data: { webhooks: covered.map((one) => endpointOf(one, pending)) } };
      }),

    get: (manager, id) => on(manager, id, async (endpoint) => ({ ok: true, data: await told(endpoint) })),

    change: (manager, id, { disabled, ...fields }) =>
      on(manager, id, async (endpoint) => {
        const refusal = refusalOf(fields, manager, rules);
        if (refusal !== null) return refusal;
        const enabled = disabled === false ? { disabled_at: null, disabled_reason: null, failing_since: null } : {};
        await database.webhookEndpoint.update({
          where: { id },
          data: { ...columnsOf(fields), ...enabled, updated_at: new Date(now()) },
        });
        if (fields.ordered === false && endpoint.ordered) await wakeAll(database, id);
        if (disabled === true && (await disableEndpoint(database, id, 'requested'))) metrics.webhookDisabled.inc({ reason: 'requested' });
        if (disabled === false) owed([id]);
        return { ok: true, data: await told(await database.webhookEndpoint.findUniqueOrThrow({ where: { id } })) };
      }),

    remove: (manager, id) =>
      on(manager, id, async () => {
        await database.$executeRaw`UPDATE webhook_endpoints SET deleted_at = now() WHERE id = ${id}`;
        return { ok: true, data: {} };
      }),

    test: (manager, id) =>
      on(manager, id, async (endpoint) => {
        if (endpoint.disabled_at !== null) return disabledRefusal();
        const session_id = `#test-${randomUUID()}`;
        await database.$executeRaw`
          INSERT INTO webhook_deliveries (endpoint_id, session_id, epoch, version, event_type, event_at, message)
          VALUES (${id}, ${session_id}, 1, 1, 'webhook_test', now(), json_build_object('endpoint_id', ${id}::text))`;
        owed([id]);
        const row = await database.webhookDelivery.findUniqueOrThrow({
          where: { endpoint_id_session_id_epoch_version: { endpoint_id: id, session_id, epoch: 1, version: 1 } },
        });
        return { ok: true, data: deliveryOf(row) };
      }),

    rotate: (manager, id) =>
      on(manager, id, async (endpoint) => {
        const next = endpoint.secret_number + 1;
        const check = checkOf((await secrets()).of(id, next));
        // Of two rotations at a time, one takes place.
        const rotated = await database.$queryRaw<WebhookEndpoint[]>`
          UPDATE webhook_endpoints
          SET secret_number = ${next}, secret_check = ${check}, rotated_until = now() + ${ROTATION_HOURS} * interval '1 hour', updated_at = now()
          WHERE id = ${id} AND secret_number = ${endpoint.secret_number} RETURNING *`;
        const [made] = rotated;
        return made === undefined
          ? refuse('CONFLICT', 'Somebody else rotated this secret just now')
          : { ok: true, data: await withSecret(made) };
      }),

    deliveries: (manager, id, query) => on(manager, id, () => deliveriesOf(database, id, query)),

    retry: (manager, id, deliveryId) =>
      on(manager, id, async (endpoint) => {
        if (endpoint.disabled_at !== null) return disabledRefusal();
        const key = keyOf(deliveryId);
        const row = key === null ? null : await makeDue(database, id, key);
        if (row === null) return refuse('NOT_FOUND', 'No such delivery');
        owed([id]);
        return { ok: true, data: deliveryOf(row) };
      }),

    replay: (manager, id, span) =>
      on(manager, id, async (endpoint) => {
        if (endpoint.disabled_at !== null) return disabledRefusal();
        const data = await replay(database, id, span);
        owed([id]);
        return { ok: true, data };
      }),

    close: () => closeDatabase(database, logger),
  };
}

/** Throws StoreUnavailableError if PostgreSQL cannot answer now, and any other error as it is, since it shows a bug. */
async function reachable<Result>(logger: Logger, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!isOutage(error)) throw error;
    logger.warn({ cause: causeOf(error) }, 'webhooks could not be read');
    throw new StoreUnavailableError('the database is out of reach', { cause: error });
  }
}

function refusalOf(fields: Partial<EndpointFields>, manager: Manager, rules: TargetRules): Refusal | null {
  const wrong = fields.url === undefined ? null : refusalOfUrl(fields.url, rules);
  if (wrong !== null) return invalid([{ field: 'url', message: wrong, code: 'custom' }]);
  if (fields.session_prefix !== undefined && !manager.covers(fields.session_prefix)) {
    return refuse('FORBIDDEN', 'Your token covers no webhooks of this session_prefix');
  }
  return null;
}

function disabledRefusal(): Refusal {
  return refuse('CONFLICT', 'This webhook is disabled: enable it first, by PATCH {"disabled": false}');
}

/** What was waiting for its order need not wait any more. */
async function wakeAll(database: PrismaClient, id: string): Promise<void> {
  await database.$executeRaw`
    UPDATE webhook_deliveries SET next_attempt_at = now() WHERE endpoint_id = ${id} AND status = 'pending' AND attempts = 0`;
}

/** The columns of fields; the URL in one spelling, in which its host was judged. */
function columnsOf<Fields extends Partial<EndpointFields>>({ include, ...fields }: Fields) {
  const url = fields.url === undefined ? {} : { url: new URL(fields.url).href };
  return { ...fields, ...url, ...(include === undefined ? {} : { include_state: include === 'state' }) };
}

/** How many deliveries to each endpoint have an attempt before them, counted up to a limit. */
async function pendingOf(database: PrismaClient, ids: string[]): Promise<Map<string, number>> {
  const rows = await database.$queryRaw<{ id: string; pending: number }[]>`
    SELECT id, (SELECT count(*) FROM (
      SELECT FROM webhook_deliveries WHERE endpoint_id = id AND status = 'pending' LIMIT ${PENDING_COUNTED_MAX}) AS counted)::int AS pending
    FROM unnest(${ids}::text[]) AS id`;
  return new Map(rows.map(({ id, pending }) => [id, pending]));
}

function endpointOf(row: WebhookEndpoint, pending: Map<string, number>): Endpoint {
  const iso = (at: Date | null) => at?.toISOString() ?? null;
  return {
    webhook_id: row.id,
    url: row.url,
    event_types: row.event_types as WebhookType[],
    session_prefix: row.session_prefix,
    ordered: row.ordered,
    include: row.include_state ? 'state' : null,
    description: row.description,
    status: row.disabled_at === null ? 'enabled' : 'disabled',
    disabled_reason: row.disabled_reason,
    disabled_at: iso(row.disabled_at),
    failing_since: iso(row.failing_since),
    last_failure_at: iso(row.last_failure_at),
    last_failure: row.last_failure,
    pending: pending.get(row.id) ?? 0,
    rotated_until: iso(row.rotated_until),
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}
