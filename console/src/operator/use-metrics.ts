/** The metrics of one instance, polled. */
import { useEffect, useState } from 'react';
import { parseMetrics, type Sample, total } from './metrics.ts';

const EVERY_MS = 2_000;
/** How many rates are kept: four minutes. */
const KEPT = 120;

/** `ok`, or why no metrics are shown. */
export type MetricsStatus = 'asking' | 'ok' | 'sign in' | 'elsewhere' | 'unreachable';

export interface Readings {
  status: MetricsStatus;
  samples: Sample[];
  /** Commands per second in each interval, oldest first. */
  rates: number[];
  /** The audit lag at each poll, ms. */
  lags: number[];
}

interface Reading extends Readings {
  /** When it was made, by `performance.now()`. */
  at: number;
}

/** Polls while the page is visible. `signedIn` sends the operator's credentials, or lets the browser ask for them. */
export function useMetrics(signedIn: boolean): Readings {
  const [readings, setReadings] = useState<Reading>({ status: 'asking', samples: [], rates: [], lags: [], at: 0 });
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const leaving = new AbortController();
    const ask = async (): Promise<void> => {
      const answer = document.hidden ? undefined : await read(signedIn, leaving.signal);
      if (leaving.signal.aborted) return;
      if (answer !== undefined) setReadings((before) => next(before, answer));
      timer = setTimeout(() => void ask(), EVERY_MS);
    };
    void ask();
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [signedIn]);
  return readings;
}

type Answer = Pick<Readings, 'status' | 'samples'>;

async function read(signedIn: boolean, signal: AbortSignal): Promise<Answer> {
  const nothing = (status: MetricsStatus): Answer => ({ status, samples: [] });
  try {
    // Without `omit` a browser would ask for a password before the user has chosen to sign in.
    const response = await fetch('metrics', { signal, cache: 'no-store', credentials: signedIn ? 'same-origin' : 'omit' });
    if (response.status === 401 || response.status === 403) return nothing('sign in');
    if (response.status === 404) return nothing('elsewhere');
    if (!response.ok) return nothing('unreachable');
    return { status: 'ok', samples: parseMetrics(await response.text()) };
  } catch {
    return nothing('unreachable');
  }
}

function next(before: Reading, { status, samples }: Answer): Reading {
  const at = performance.now();
  if (status !== 'ok') return { ...before, status };
  const [earlier, now] = [commandsIn(before.samples), commandsIn(samples)];
  // Fewer than before: the instance was restarted, or a load balancer chose another one.
  const known = before.samples.length > 0 && now >= earlier;
  const rates = known ? [...before.rates, ((now - earlier) * 1_000) / (at - before.at)].slice(-KEPT) : before.rates;
  const lags = [...before.lags, total(samples, 'synckairos_audit_lag_ms') ?? 0].slice(-KEPT);
  return { status, samples, rates, lags, at };
}

function commandsIn(samples: Sample[]): number {
  return total(samples, 'synckairos_commands_total') ?? 0;
}
