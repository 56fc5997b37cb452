import type { Config } from '../config.ts';
import type { Schema } from '../domain/schema.ts';
import { createLogger, type Logger } from '../observability/logger.ts';
import { createMetrics, type Metrics } from '../observability/metrics.ts';

/** What every part of an instance needs. None of it has to be closed. */
export interface Base {
  config: Config;
  /** The forms of stored states that this instance reads and writes. */
  schema: Schema;
  /** Names the instance in logs. */
  instance: string;
  logger: Logger;
  metrics: Metrics;
}

/** Creates an instance's logger and metrics. */
export function createBase(config: Config, schema: Schema): Base {
  const instance = String(process.pid);
  return { config, schema, instance, logger: createLogger(config.LOG_LEVEL, instance), metrics: createMetrics() };
}
