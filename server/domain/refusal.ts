import type { ErrorCode, ErrorDetails, FieldIssue } from '#contract';

/** The reason why a command has no effect: a value, not an exception. The transport turns it into a reply. */
export interface Refusal {
  ok: false;
  code: ErrorCode;
  message: string;
  details?: ErrorDetails[keyof ErrorDetails];
  /** Present only where it differs from what its code says. */
  retryable?: boolean;
}

/** Refuses with a code, a sentence for people and whatever the contract lists as its details. */
export function refuse(code: ErrorCode, message: string, details?: Refusal['details']): Refusal {
  return details === undefined ? { ok: false, code, message } : { ok: false, code, message, details };
}

/** Refuses a payload; the message names the first field at fault. */
export function invalid(issues: FieldIssue[]): Refusal {
  const first = issues[0];
  return refuse('VALIDATION_ERROR', first === undefined ? 'Invalid payload' : `${first.field}: ${first.message}`, issues);
}
