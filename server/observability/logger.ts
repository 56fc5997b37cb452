import { pino } from 'pino';

export type { Logger } from 'pino';

/** Structured JSON logs on standard output. Values under keys that may hold secrets are removed. */
export function createLogger(level: string, instance: string) {
  return pino({
    level,
    base: { instance },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: ['*.authorization', '*.cookie', '*.token', '*.password'], remove: true },
  });
}
