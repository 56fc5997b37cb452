/** How long it is until a game starts by itself, and when that is. */
import { formatTime, type SyncKairosClient } from '@synckairos/client';
import { useNow } from '@synckairos/client/react';

/** The digits change at most this late, ms. */
const LOOK_MS = 50;
const DAY_MS = 86_400_000;

interface StartCountdownProps {
  client: SyncKairosClient;
  /** ISO 8601. */
  startsAt: string;
}

export function StartCountdown({ client, startsAt }: StartCountdownProps) {
  useNow(LOOK_MS);
  const at = new Date(startsAt);
  const isSynced = client.getClockStatus().state !== 'syncing';
  const left = Math.max(0, at.getTime() - client.getServerTime());
  return (
    <p className="start-countdown">
      Starts by itself in{' '}
      <b className="number" role="timer" aria-label="Until the start">
        {isSynced ? formatTime(left) : '–:––'}
      </b>
      <time dateTime={startsAt}>{left < DAY_MS ? at.toLocaleTimeString() : at.toLocaleString()}</time>
    </p>
  );
}
