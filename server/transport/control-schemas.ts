import { z } from 'zod';
import {
  CLOCK_MAX_MS,
  CONTROL_MAX_MS,
  CONTROL_PART_MAX_MS,
  COUNT_MAX,
  EXTENDED_MAX_MS,
  type Extension,
  EXTENSION_MODES,
  EXTENSIONS_MAX,
  STAGES_MAX,
  type TimeControl,
} from '#contract';

const part = z.int().min(1).max(CONTROL_PART_MAX_MS);
const count = z.int().min(1).max(COUNT_MAX);

const stage = z.strictObject({
  time_ms: z.int().min(0).max(CONTROL_PART_MAX_MS),
  turns: count.exactOptional(),
  at_zero: z.literal('next').exactOptional(),
  increment_ms: part.exactOptional(),
  increment_every: count.exactOptional(),
  increment_when: z.enum(['after', 'before']).exactOptional(),
  max_time_ms: z.int().min(1).max(CONTROL_MAX_MS).exactOptional(),
  delay_ms: part.exactOptional(),
  delay_type: z.enum(['simple', 'bronstein']).exactOptional(),
  byoyomi: z.strictObject({ period_ms: part, periods: count }).exactOptional(),
  canadian: z.strictObject({ block_ms: part, turns: count }).exactOptional(),
});

/** A time control, as a create names it and as states have it; what spans its fields is checked by the domain. */
export const timeControl = z.strictObject({
  stages: z.array(stage).min(1).max(STAGES_MAX),
  repeat_last: z.literal(true).exactOptional(),
  hourglass: z.literal(true).exactOptional(),
  charge_unit_ms: part.exactOptional(),
  least_charge_ms: part.exactOptional(),
}) satisfies z.ZodType<TimeControl>;

/** A soft close, as a create names it and as states have it. */
export const extension = z.strictObject({
  window_ms: z.int().min(1).max(CLOCK_MAX_MS),
  by_ms: z.int().min(1).max(CLOCK_MAX_MS),
  mode: z.enum(EXTENSION_MODES),
  max_total_ms: z.int().min(1).max(EXTENDED_MAX_MS).exactOptional(),
  max_count: z.int().min(1).max(EXTENSIONS_MAX).exactOptional(),
}) satisfies z.ZodType<Extension>;
