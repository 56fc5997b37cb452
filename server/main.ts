import { type App, createApp } from './app.ts';
import { ConfigError, loadConfig } from './config.ts';
import { createLogger, logCrashes } from './observability/logger.ts';
import { onStopSignal } from './signals.ts';

/** The entry point of one instance: settings, start, signals. */
async function main(): Promise<void> {
  const config = loadConfig(process.env);
  logCrashes(createLogger(config.LOG_LEVEL, String(process.pid)));
  let app: App | undefined;
  onStopSignal(config.SHUTDOWN_TIMEOUT_MS, () => {
    if (app === undefined) process.exit(0);
    void app.close().then(() => process.exit(0));
  });
  app = await createApp(config);
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof ConfigError ? error.message : `Could not start: ${error instanceof Error ? error.message : String(error)}`}\n`,
  );
  process.exit(1);
});
