import { z } from 'zod';
import { EVENT_TYPES } from '#contract';
import { DELIVERY_STATUSES } from './webhook-port.ts';

const URL_MAX = 2_048;
const DESCRIPTION_MAX = 256;
/** The beginning of an id, or nothing. */
export const prefix = z.string().regex(/^[A-Za-z0-9._:@|~-]{0,128}$/, 'Must be the beginning of a session_id');
const types = z
  .array(z.enum([...EVENT_TYPES, 'endpoint_disabled']))
  .max(EVENT_TYPES.length + 1)
  .refine((list) => new Set(list).size === list.length, 'Must not name a type twice');
const instant = z.iso.datetime();

const fields = {
  url: z.string().min(1).max(URL_MAX),
  event_types: types,
  session_prefix: prefix,
  ordered: z.boolean(),
  include: z.literal('state').nullable(),
  description: z
    .string()
    .max(DESCRIPTION_MAX)
    .refine((text) => !text.includes('\0'), 'Must have no NUL'),
};

/** Bodies and queries of the routes of webhooks. */
export const webhookSchemas = {
  create: z.strictObject({
    url: fields.url,
    event_types: fields.event_types.default([]),
    session_prefix: fields.session_prefix.default(''),
    ordered: fields.ordered.default(false),
    include: fields.include.default(null),
    description: fields.description.default(''),
  }),
  change: z.strictObject({ ...fields, disabled: z.boolean() }).partial(),
  nothing: z.strictObject({}),
  replay: z.strictObject({ from: instant, to: instant }),
  deliveries: z.strictObject({
    status: z.enum(DELIVERY_STATUSES).optional(),
    limit: z.coerce.number().int().min(1).max(100).default(50),
    after: z.string().max(1_000).optional(),
  }),
};
