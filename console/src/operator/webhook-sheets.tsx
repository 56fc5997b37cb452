/** Sheets of one webhook: its deliveries, a replay, a new secret. */
import { type FormEvent, useEffect, useState } from 'react';
import { CopyField } from '../share/copy-field.tsx';
import { Sheet } from '../sheet.tsx';
import { askWebhooks, type Delivery, messageOf, timeOf } from './use-webhooks.ts';

interface SheetProps {
  /** Of the endpoint, beyond `v1/webhooks`. */
  path: string;
  onClose: () => void;
}

const STATUSES = ['failed', 'pending', 'delivered'] as const;

export function DeliveriesSheet({ path, onClose }: SheetProps) {
  const [status, setStatus] = useState<(typeof STATUSES)[number]>('failed');
  const [deliveries, setDeliveries] = useState<Delivery[] | null>(null);
  const [problem, setProblem] = useState('');
  useEffect(() => {
    let wanted = true;
    askWebhooks<{ deliveries: Delivery[] }>('GET', `${path}/deliveries?status=${status}`).then(
      (found) => wanted && setDeliveries(found.deliveries),
      (thrown: unknown) => wanted && setProblem(messageOf(thrown)),
    );
    return () => {
      wanted = false;
    };
  }, [path, status]);
  const choose = (chosen: (typeof STATUSES)[number]): void => {
    setDeliveries(null);
    setStatus(chosen);
  };
  const retry = (id: string): void =>
    void askWebhooks('POST', `${path}/deliveries/${id}/retry`).then(
      () => setDeliveries((before) => before?.filter((one) => one.delivery_id !== id) ?? null),
      (thrown: unknown) => setProblem(messageOf(thrown)),
    );
  return (
    <Sheet title="Deliveries" wide onClose={onClose}>
      <label className="field">
        Which
        <select value={status} onChange={(event) => choose(event.target.value as (typeof STATUSES)[number])}>
          {STATUSES.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </label>
      {deliveries?.length === 0 && <p>None.</p>}
      <ul className="links">
        {deliveries?.map((one) => (
          <li key={one.delivery_id}>
            <span>
              {one.type} {one.session_id !== null && `${one.session_id}, version ${one.version}`}{' '}
              <small>
                {timeOf(one.event_at)}, {outcomeOf(one)}
              </small>
            </span>
            {one.status !== 'delivered' && (
              <button type="button" className="more" onClick={() => retry(one.delivery_id)}>
                Try now
              </button>
            )}
          </li>
        ))}
      </ul>
      <p className="problem" role="alert">
        {problem}
      </p>
    </Sheet>
  );
}

function outcomeOf({ attempts, last_status, last_error, next_attempt_at }: Delivery): string {
  const came = last_error ?? (last_status === null ? 'not tried yet' : `answered ${last_status}`);
  const next = next_attempt_at === null ? '' : `, next attempt ${timeOf(next_attempt_at)}`;
  return `${attempts === 1 ? '1 attempt' : `${attempts} attempts`}, ${came}${next}`;
}

const HOUR_MS = 3_600_000;

export function ReplaySheet({ path, onClose }: SheetProps) {
  const [from, setFrom] = useState(() => local(Date.now() - HOUR_MS));
  const [to, setTo] = useState(() => local(Date.now() + 60_000));
  const [said, setSaid] = useState('');
  const replay = async (): Promise<void> => {
    try {
      let [count, at, more] = [0, new Date(from).toISOString(), true];
      while (more) {
        const span = { from: at, to: new Date(to).toISOString() };
        const part = await askWebhooks<{ replayed: number; more: boolean; until: string }>('POST', `${path}/replay`, span);
        count += part.replayed;
        // Thousands of events of one millisecond would come again and again.
        more = part.more && part.until !== at;
        at = part.until;
      }
      setSaid(count === 1 ? '1 delivery is due again.' : `${count} deliveries are due again.`);
    } catch (thrown) {
      setSaid(messageOf(thrown));
    }
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void replay();
  };
  return (
    <Sheet title="Replay" onClose={onClose}>
      <form onSubmit={submit} className="sheet-form">
        <p>What happened between two instants is delivered again, under the same ids.</p>
        <label className="field">
          From
          <input type="datetime-local" required value={from} onChange={(event) => setFrom(event.target.value)} />
        </label>
        <label className="field">
          To
          <input type="datetime-local" required value={to} onChange={(event) => setTo(event.target.value)} />
        </label>
        <button type="submit" className="primary">
          Deliver again
        </button>
        <p role="status">{said}</p>
      </form>
    </Sheet>
  );
}

/** An instant as a field for dates and times has it: in the reader's time zone, to the minute. */
function local(at: number): string {
  const shifted = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}

export function RotateSheet({ path, url, onClose }: SheetProps & { url: string }) {
  const [secret, setSecret] = useState<string | null>(null);
  const [problem, setProblem] = useState('');
  const rotate = (): void =>
    void askWebhooks<{ secret: string }>('POST', `${path}/rotate`).then(
      (made) => setSecret(made.secret),
      (thrown: unknown) => setProblem(messageOf(thrown)),
    );
  return (
    <Sheet title="Rotate the secret" onClose={onClose}>
      {secret === null ? (
        <>
          <p>Messages to {url} get a new secret. The present one signs them too for 24 hours.</p>
          <button type="button" className="primary" onClick={rotate}>
            Make a new secret
          </button>
        </>
      ) : (
        <>
          <p>Give it to the receiver now: nobody can see it again.</p>
          <CopyField label="The new secret" text={secret} action="Copy" />
        </>
      )}
      <p className="problem" role="alert">
        {problem}
      </p>
    </Sheet>
  );
}
