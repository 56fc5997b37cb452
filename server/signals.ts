const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
/** Ctrl-C under `npm run` comes twice within moments: from the terminal, and from npm, which passes on what it gets. */
const SAME_CTRL_C_MS = 500;

/**
 * Calls `stop` at the first SIGTERM or SIGINT. A second one, or an end that takes longer than `timeoutMs`, ends the
 * process as it is, with exit code 1: nothing acknowledged depends on a tidy end.
 */
export function onStopSignal(timeoutMs: number, stop: () => void): void {
  let since: number | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    if (since === undefined) {
      since = performance.now();
      setTimeout(() => process.exit(1), timeoutMs).unref();
      stop();
    } else if (!isEcho(signal, performance.now() - since)) {
      process.exit(1);
    }
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
}

function isEcho(signal: NodeJS.Signals, sinceFirstMs: number): boolean {
  return signal === 'SIGINT' && process.env['npm_lifecycle_event'] !== undefined && sinceFirstMs < SAME_CTRL_C_MS;
}
