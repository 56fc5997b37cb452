/** For operators: who is called by webhooks, and what becomes of the messages. */
import { type ReactNode, useState } from 'react';
import { askWebhooks, messageOf, timeOf, useWebhooks, type Webhook, type WebhooksStatus } from './use-webhooks.ts';
import { DeliveriesSheet, ReplaySheet, RotateSheet } from './webhook-sheets.tsx';

/** Beyond so many pending messages the server counts no further. */
const COUNTED_MAX = 1_000;

const REASONS: Record<string, string> = {
  gone: 'its receiver answered 410',
  failing: 'five days of nothing but failures',
  requested: 'somebody asked for it',
};

type SheetName = 'deliveries' | 'replay' | 'rotate';

export function Webhooks({ signedIn, onSignIn }: { signedIn: boolean; onSignIn: () => void }) {
  const { status, webhooks, again } = useWebhooks(signedIn);
  return (
    <section className="webhooks" aria-label="Webhooks">
      <h2>Webhooks</h2>
      <p className="operator-note" role="status">
        {status === 'ok' && webhooks.length === 0 ? 'Nobody is called. POST /v1/webhooks has a URL called.' : explainStatus(status)}
      </p>
      {status === 'sign in' && (
        <button type="button" className="primary" onClick={onSignIn}>
          Sign in to see webhooks
        </button>
      )}
      <div className="panels">
        {webhooks.map((webhook) => (
          <Endpoint key={webhook.webhook_id} webhook={webhook} onChange={again} />
        ))}
      </div>
    </section>
  );
}

function Endpoint({ webhook, onChange }: { webhook: Webhook; onChange: () => void }) {
  const [sheet, setSheet] = useState<SheetName | null>(null);
  const [said, setSaid] = useState('');
  const path = `/${webhook.webhook_id}`;
  const act = async (done: string, method: string, at: string, body?: object): Promise<void> => {
    try {
      await askWebhooks(method, at, body);
      setSaid(done);
    } catch (thrown) {
      setSaid(messageOf(thrown));
    }
    onChange();
  };
  const close = (): void => {
    setSheet(null);
    onChange();
  };
  const isOn = webhook.status === 'enabled';
  return (
    <article className="panel" aria-label={webhook.url}>
      <h3 className="webhook-url">{webhook.url}</h3>
      {webhook.description !== '' && <p className="field-note">{webhook.description}</p>}
      <Fact label="State" bad={!isOn || webhook.failing_since !== null}>
        {stateOf(webhook)}
      </Fact>
      <Fact label="Events">{webhook.event_types.length === 0 ? 'all' : webhook.event_types.join(', ')}</Fact>
      <Fact label="Sessions">{webhook.session_prefix === '' ? 'all' : `${webhook.session_prefix}…`}</Fact>
      <Fact label="Pending">{webhook.pending < COUNTED_MAX ? String(webhook.pending) : `${COUNTED_MAX} or more`}</Fact>
      <Fact label="Last failure">
        {webhook.last_failure_at === null ? 'none' : `${webhook.last_failure}, ${timeOf(webhook.last_failure_at)}`}
      </Fact>
      <div className="steps">
        <button type="button" onClick={() => setSheet('deliveries')}>
          Deliveries
        </button>
        <button type="button" onClick={() => void act('A test is on its way.', 'POST', `${path}/test`)}>
          Send a test
        </button>
        <button type="button" onClick={() => setSheet('replay')}>
          Replay
        </button>
        <button type="button" onClick={() => setSheet('rotate')}>
          Rotate the secret
        </button>
        <button type="button" onClick={() => void act(isOn ? 'Disabled.' : 'Enabled.', 'PATCH', path, { disabled: isOn })}>
          {isOn ? 'Disable' : 'Enable'}
        </button>
      </div>
      <p className="field-note" role="status">
        {said}
      </p>
      {sheet === 'deliveries' && <DeliveriesSheet path={path} onClose={close} />}
      {sheet === 'replay' && <ReplaySheet path={path} onClose={close} />}
      {sheet === 'rotate' && <RotateSheet path={path} url={webhook.url} onClose={close} />}
    </article>
  );
}

function Fact({ label, bad = false, children }: { label: string; bad?: boolean; children: ReactNode }) {
  return (
    <p className="panel-row webhook-fact" data-bad={bad}>
      <span>{label}</span>
      <b>{children}</b>
    </p>
  );
}

function stateOf({ status, disabled_reason, failing_since }: Webhook): string {
  if (status === 'disabled') return `disabled: ${REASONS[disabled_reason ?? ''] ?? disabled_reason}`;
  return failing_since === null ? 'enabled' : `failing since ${timeOf(failing_since)}`;
}

function explainStatus(status: WebhooksStatus): string {
  switch (status) {
    case 'asking':
      return 'Asking…';
    case 'ok':
      return '';
    case 'sign in':
      return 'They are shown to operators only.';
    case 'refused':
      return 'This is not the name and the password of an operator.';
    case 'elsewhere':
      return 'Operators of this server are elsewhere: they have a port of their own (OPERATOR_PORT), or no name (ADMIN_USER).';
    case 'no trail':
      return 'Webhooks need the audit trail, and this server keeps none.';
    case 'unreachable':
      return 'The webhooks can’t be read right now. Asking again…';
  }
}
