import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** Causes beyond this depth are left out. */
const CAUSES_MAX = 5;

/**
 * Structured JSON logs on standard output. Values under keys that may contain secrets are removed; of an error only
 * name, message, stack, code and cause are logged.
 */
export function createLogger(level: string, instance: string): Logger {
  return pino({
    level,
    base: { instance },
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: (error: unknown) => describeError(error) },
    redact: { paths: ['*.authorization', '*.cookie', '*.token', '*.password'], remove: true },
  });
}

/**
 * Ends the process on an uncaught error after logging it like any other; Node itself would print all of its properties.
 */
export function logCrashes(logger: Logger): void {
  process.on('uncaughtException', (err) => {
    logger.fatal({ err }, 'crashed');
    process.exit(1);
  });
}

/**
 * An error without its other properties: errors of client libraries contain what was sent, such as the arguments of
 * AUTH.
 */
function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return typeof error === 'object' ? undefined : error;
  const { name, message, stack } = error;
  const code = 'code' in error && (typeof error.code === 'string' || typeof error.code === 'number') ? { code: error.code } : {};
  const cause = error.cause === undefined || depth >= CAUSES_MAX ? {} : { cause: describeError(error.cause, depth + 1) };
  return { type: name, message, stack, ...code, ...cause };
}
