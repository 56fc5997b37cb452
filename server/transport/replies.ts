import type { ErrorBody, ErrorCode, Failure, FieldIssue } from '#contract';
import type { z } from 'zod';
import { invalid, type Refusal, refuse } from '../domain/refusal.ts';
import { NewerSchemaError } from '../domain/schema.ts';
import { StoreUnavailableError, UnreadableStateError } from '../engine/ports.ts';
import type { Logger } from '../observability/logger.ts';

/** HTTP status of each code. UNKNOWN_COMMAND can't happen over REST. */
export const HTTP_STATUS: Record<ErrorCode, number> = {
  VALIDATION_ERROR: 400,
  INVALID_STATE_TRANSITION: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  SESSION_NOT_FOUND: 404,
  PARTICIPANT_NOT_FOUND: 404,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  CONFLICT: 409,
  SESSION_EXISTS: 409,
  NOT_ACTIVE_PARTICIPANT: 409,
  PARTICIPANT_EXPIRED: 409,
  IDEMPOTENCY_MISMATCH: 409,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  RATE_LIMIT_EXCEEDED: 429,
  UNKNOWN_COMMAND: 400,
  STATE_DESERIALIZATION_ERROR: 500,
  INTERNAL_ERROR: 500,
  SERVICE_UNAVAILABLE: 503,
};

/** Bounds of what a refusal names, so that a reply is not larger than its request. */
const ISSUES_MAX = 100;
const FIELD_MAX = 300;

/** Only these may succeed when the same command is sent again; for others the client must look first. */
const RETRYABLE: ReadonlySet<ErrorCode> = new Set(['SERVICE_UNAVAILABLE', 'RATE_LIMIT_EXCEEDED']);

/** The reply for a refusal. */
export function failure(refusal: Refusal, serverTimeMs: number): Failure {
  const error: ErrorBody = { code: refusal.code, message: refusal.message, retryable: refusal.retryable ?? RETRYABLE.has(refusal.code) };
  if (refusal.details !== undefined) error.details = refusal.details;
  return { ok: false, error, server_time_ms: serverTimeMs };
}

/**
 * The one place where exceptions become codes. Logs an unforeseen error with its cause; nothing of it leaves the
 * process.
 */
export function refusalOf(error: unknown, logger: Logger, context: Record<string, unknown>): Refusal {
  if (error instanceof StoreUnavailableError) {
    logger.warn({ ...context, err: error.cause instanceof Error ? error.cause.message : error.message }, 'redis is out of reach');
    return refuse('SERVICE_UNAVAILABLE', 'The store is out of reach; repeat the command with the same command_id');
  }
  if (error instanceof NewerSchemaError) {
    logger.warn({ ...context, err: error.message }, 'a newer version of the server wrote this session');
    return refuse('SERVICE_UNAVAILABLE', 'A newer version of the server has this session; repeat the command with the same command_id');
  }
  logger.error({ ...context, err: error }, 'command failed');
  if (error instanceof UnreadableStateError) return refuse('STATE_DESERIALIZATION_ERROR', 'The stored state of this session is unreadable');
  return refuse('INTERNAL_ERROR', 'Something went wrong on our side');
}

/** The refusal for what a schema found. Names at most a hundred fields, and long names only in part. */
export function refusalOfIssues(issues: z.core.$ZodIssue[]): Refusal {
  return invalid(issues.slice(0, ISSUES_MAX).flatMap(toFieldIssues).slice(0, ISSUES_MAX));
}
function toFieldIssues(issue: z.core.$ZodIssue): FieldIssue[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ field: fieldName([...issue.path, key]), message: 'Unknown field', code: issue.code }));
  }
  return [{ field: fieldName(issue.path) || 'payload', message: issue.message, code: issue.code }];
}

function fieldName(path: readonly PropertyKey[]): string {
  const name = path.map(String).join('.');
  return name.length > FIELD_MAX ? `${name.slice(0, FIELD_MAX)}…` : name;
}
