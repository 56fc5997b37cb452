import { z } from 'zod';
import { EVENT_TYPES, type EventType } from '#contract';
import { prefix } from './webhook-schemas.ts';

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 1_000;
const CURSOR_MAX = 1_000;

const types = z.preprocess(
  (given) => (typeof given === 'string' ? given.split(',') : given),
  z.array(z.enum(EVENT_TYPES)).max(EVENT_TYPES.length),
) as z.ZodType<EventType[], string | string[] | undefined>;

/** The query of the feed. */
export const feedQuery = z.strictObject({
  after: z.string().min(1).max(CURSOR_MAX).optional(),
  event_types: types.default([]),
  session_prefix: prefix.default(''),
  limit: z.coerce.number().int().min(1).max(LIMIT_MAX).default(LIMIT_DEFAULT),
});
