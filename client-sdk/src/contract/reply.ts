/** The form of every reply, over both transports, and the codes of refusals. */
import type { ClockStatus, SessionState, Status } from './state.ts';

export const ERROR_CODES = [
  'VALIDATION_ERROR',
  'INVALID_STATE_TRANSITION',
  'UNAUTHORIZED',
  'FORBIDDEN',
  'SESSION_NOT_FOUND',
  'PARTICIPANT_NOT_FOUND',
  'NOT_FOUND',
  'METHOD_NOT_ALLOWED',
  'CONFLICT',
  'SESSION_EXISTS',
  'NOT_ACTIVE_PARTICIPANT',
  'PARTICIPANT_EXPIRED',
  'IDEMPOTENCY_MISMATCH',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'RATE_LIMIT_EXCEEDED',
  'UNKNOWN_COMMAND',
  'STATE_DESERIALIZATION_ERROR',
  'INTERNAL_ERROR',
  'SERVICE_UNAVAILABLE',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

export interface FieldIssue {
  field: string;
  message: string;
  code: string;
}

/** `details` by code; codes that are not listed carry none. */
export interface ErrorDetails {
  VALIDATION_ERROR: FieldIssue[];
  INVALID_STATE_TRANSITION: {
    status: Status;
    command: string;
    /** In a concurrent session: the status of the named participant's clock, where that does not allow the command. */
    clock_status?: ClockStatus;
    /** Present where the named participant has withdrawn. */
    withdrawn?: true;
    /** For an undo: how many turns could be taken back. */
    available?: number;
  };
  CONFLICT: { expected_version: number; actual_version: number; state: SessionState };
  NOT_ACTIVE_PARTICIPANT: { active_participant_id: string | null; state: SessionState };
  RATE_LIMIT_EXCEEDED: { retry_after_ms: number };
}

export interface ErrorBody {
  code: ErrorCode;
  message: string;
  details?: ErrorDetails[keyof ErrorDetails] | undefined;
  /** Whether the same request may succeed later. */
  retryable: boolean;
}

export const NOTICE_CODES = ['UNKNOWN_ACTION', 'CUT_BY_CLOSE'] as const;
export type NoticeCode = (typeof NOTICE_CODES)[number];

/** A remark beside a success: the command was executed, but may not be what was meant. */
export interface Notice {
  code: NoticeCode;
  /** The field that the remark is about. */
  field: string;
  message: string;
  /** Of CUT_BY_CLOSE: whose clock is closed before it would fall, and how much of it is lost, ms. */
  participant_id?: string;
  lost_ms?: number;
}

export interface Success<Data> {
  ok: true;
  data: Data;
  server_time_ms: number;
  /** True for a repeated `command_id`: its command took effect before and made `applied_version`. */
  replayed?: true;
  applied_version?: number;
  /** Never empty. */
  notices?: Notice[];
}

export interface Failure {
  ok: false;
  error: ErrorBody;
  server_time_ms: number;
}

export type Reply<Data> = Success<Data> | Failure;
