import { type App, createApp } from './app.ts';
import { ConfigError, loadConfig } from './config.ts';

/** Entry of one instance: configuration, start, signals. */
async function main(): Promise<void> {
  const config = loadConfig(process.env);
  let app: App | undefined;
  let stopping = false;
  const stop = () => {
    // A second signal, or a close that takes too long, ends the process as it is: nothing acknowledged depends on a tidy end.
    if (stopping) process.exit(1);
    stopping = true;
    setTimeout(() => process.exit(1), config.SHUTDOWN_TIMEOUT_MS).unref();
    void app?.close().then(() => process.exit(0));
    if (app === undefined) process.exit(0);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  app = await createApp(config);
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof ConfigError ? error.message : `Could not start: ${error instanceof Error ? error.message : String(error)}`}\n`,
  );
  process.exit(1);
});
