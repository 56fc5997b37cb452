/** For operators: what this instance measures, any session by its id, and the webhooks of the deployment. */
import type { SyncKairosClient } from '@synckairos/client';
import { useState } from 'react';
import { FindSession } from './find-session.tsx';
import { Panel, Row } from './panel.tsx';
import { byLabel, quantileBound, type Sample, total } from './metrics.ts';
import { Sparkline } from './sparkline.tsx';
import { type MetricsStatus, type Readings, useMetrics } from './use-metrics.ts';
import { Webhooks } from './webhooks.tsx';

const STATUSES = ['running', 'paused', 'pending', 'expired', 'completed', 'cancelled'];
const JOBS = ['waiting', 'active', 'delayed', 'failed'];
const SHARES: readonly (readonly [label: string, share: number])[] = [
  ['Half of them within', 0.5],
  ['99 % within', 0.99],
];

interface OperatorPageProps {
  client: SyncKairosClient;
  token: string | undefined;
  /** The session that is looked at. */
  sessionId: string | undefined;
}

export function OperatorPage({ client, token, sessionId }: OperatorPageProps) {
  const [signedIn, setSignedIn] = useState(false);
  const readings = useMetrics(signedIn);
  return (
    <main className="operator">
      <header className="game-head">
        <a className="home" href="#/" aria-label="SyncKairos: new game">
          <img src="favicon.svg" alt="" width="28" height="28" />
        </a>
        <h1>Operator view</h1>
        <p className="standing">This instance, every two seconds</p>
      </header>
      <p className="operator-note" role="status">
        {explainStatus(readings.status)}
      </p>
      {readings.status === 'sign in' && (
        <button type="button" className="primary" onClick={() => setSignedIn(true)}>
          Sign in as an operator
        </button>
      )}
      {readings.status === 'ok' && <Panels {...readings} />}
      <FindSession client={client} token={token} sessionId={sessionId} />
      <Webhooks signedIn={signedIn} onSignIn={() => setSignedIn(true)} />
    </main>
  );
}

function Panels({ samples, rates, lags }: Readings) {
  const sum = (name: string, labels?: Record<string, string>): number | null => total(samples, `synckairos_${name}`, labels);
  return (
    <div className="panels">
      <Panel title="Sessions with somebody watching" figure={sum('active_sessions') ?? 0} unit="sessions">
        {STATUSES.map((status) => (
          <Row key={status} label={status} value={sum('active_sessions', { status }) ?? 0} />
        ))}
        <Row label="connected sockets" value={sum('connected_sockets')} />
      </Panel>
      <Panel title="Commands per second" figure={rates[rates.length - 1] ?? null} unit="/s" digits={1}>
        <Sparkline values={rates} label="Commands per second over the last four minutes" />
        {byLabel(samples, 'synckairos_commands_total', 'command')
          .slice(0, 5)
          .map(([command, count]) => (
            <Row key={command} label={command} value={count} />
          ))}
        <Row label="refused so far" value={refused(samples)} />
      </Panel>
      <Panel title="Expiry lateness" figure={quantileBound(samples, 'synckairos_expiry_lateness_ms', 0.99)} unit="ms for 99 %" prefix="≤ ">
        {SHARES.map(([label, share]) => (
          <Row key={label} label={label} value={quantileBound(samples, 'synckairos_expiry_lateness_ms', share)} unit="ms" />
        ))}
        <Row label="expiries so far" value={sum('expiry_lateness_ms_count')} />
      </Panel>
      <Panel title="Audit queue" figure={sum('db_write_queue_size') ?? 0} unit="jobs">
        {JOBS.map((status) => (
          <Row key={status} label={status} value={sum('db_write_queue_size', { status })} bad={status === 'failed'} />
        ))}
      </Panel>
      <Panel title="Audit lag" figure={sum('audit_lag_ms')} unit="ms">
        <Sparkline values={lags} label="Audit lag over the last four minutes" />
        <p className="field-note">Age of the oldest event that is not in the database yet</p>
      </Panel>
      <Panel title="Clock" figure={sum('clock_error_bound_ms')} unit="ms" digits={2} prefix="± ">
        <Row label="Redis ahead of this machine by" value={sum('clock_offset_ms')} unit="ms" digits={2} />
        <Row label="jumps seen" value={sum('clock_jumps_total')} bad />
      </Panel>
    </div>
  );
}

function refused(samples: Sample[]): number {
  const outcomes = byLabel(samples, 'synckairos_commands_total', 'outcome');
  return outcomes.reduce((sum, [outcome, count]) => (outcome === 'ok' || outcome === 'replayed' ? sum : sum + count), 0);
}

function explainStatus(status: MetricsStatus): string {
  switch (status) {
    case 'asking':
      return 'Asking…';
    case 'ok':
      return '';
    case 'sign in':
      return 'The metrics of this server are for operators who have signed in.';
    case 'elsewhere':
      return 'This server keeps its metrics on a port of their own (OPERATOR_PORT), out of reach of this page. A Prometheus beside it can read them.';
    case 'unreachable':
      return 'The server does not answer right now. Asking again…';
  }
}
