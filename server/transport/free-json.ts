import { z } from 'zod';
import { type JsonObject, JSON_DEPTH_MAX, type JsonValue } from '#contract';

/** Any JSON up to a size in bytes and a depth, kept unchanged. */
export function freeJson(maxBytes: number): z.ZodType<JsonValue> {
  return z
    .custom<JsonValue>((value) => value !== undefined)
    .superRefine((value, context) => check(value, maxBytes, context))
    .meta({ description: `Any JSON of at most ${maxBytes} bytes and ${JSON_DEPTH_MAX} levels` });
}

/** As `freeJson`, for an object. */
export function freeObject(maxBytes: number): z.ZodType<JsonObject> {
  return z
    .custom<JsonObject>(isObject, 'Must be a JSON object')
    .superRefine((value, context) => check(value, maxBytes, context))
    .meta({ type: 'object', description: `Any JSON object of at most ${maxBytes} bytes and ${JSON_DEPTH_MAX} levels` });
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function check(value: JsonValue, maxBytes: number, context: z.RefinementCtx): void {
  // Depth is checked first, because serialising is recursive, here and wherever the value is received.
  if (deeperThan(value, JSON_DEPTH_MAX)) {
    context.addIssue({ code: 'custom', message: `Must not be nested deeper than ${JSON_DEPTH_MAX} levels` });
  } else if (Buffer.byteLength(JSON.stringify(value)) > maxBytes) {
    context.addIssue({ code: 'custom', message: `Must not exceed ${maxBytes} bytes of JSON` });
  }
}

function deeperThan(value: JsonValue, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((member) => deeperThan(member, levels - 1));
}
