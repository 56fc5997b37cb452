const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
/** Under `npm run` one Ctrl-C sends SIGINT twice within moments: the terminal does, and npm passes on its own. */
const SAME_CTRL_C_MS = 500;

/**
 * Calls `stop` at the first SIGTERM or SIGINT. Exits with code 1 at a second one, or if the end takes longer than
 * `timeoutMs`: nothing that was acknowledged depends on an orderly end.
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
