/** Shows the holder of this tab's token, and asks whether the tab should become somebody else. */
import type { Role, SessionState, SyncKairosClient } from '@synckairos/client';
import { useState, useSyncExternalStore } from 'react';
import { keepToken, type Person, personOf } from './access.ts';
import { useRoute } from './use-route.ts';
import { Sheet } from './sheet.tsx';

const ROLES: Record<Role, string> = { owner: 'owner', controller: 'in control', participant: 'player', viewer: 'watcher' };
const DAY_MS = 86_400_000;

/** In the line at the bottom: the name, the role in the game that is open, and how long the token is good. */
export function Identity({ client, token }: { client: SyncKairosClient; token: string }) {
  const route = useRoute();
  const store = route.page === 'game' ? client.session(route.sessionId) : null;
  const state = useSyncExternalStore(store?.subscribe ?? never, store?.getSnapshot ?? nothing);
  return (
    <span className="status-item identity">
      <span>You are</span> <Who {...personOf(token, state)} />
    </span>
  );
}

function Who({ name = 'a guest by a link', role, until }: Person) {
  return (
    <>
      <b className="who" title={name}>
        {name}
      </b>
      {role !== undefined && <span>{ROLES[role]}</span>}
      {until !== undefined && <span>until {instant(until)}</span>}
    </>
  );
}

/** Asks before the token of a link replaces that of this tab. Closing it changes nothing. */
export function ReplaceSheet({ token, offered }: { token: string; offered: string }) {
  const [isOpen, setOpen] = useState(true);
  if (!isOpen) return null;
  const close = (): void => setOpen(false);
  const change = (): void => {
    keepToken(offered);
    location.reload();
  };
  return (
    <Sheet title="Become somebody else?" onClose={close}>
      <p>The link you opened is for somebody else than you are in this tab.</p>
      <dl className="persons">
        <dt>You are</dt>
        <dd>
          <Who {...personOf(token, null)} />
        </dd>
        <dt>The link is for</dt>
        <dd>
          <Who {...personOf(offered, null)} />
        </dd>
      </dl>
      <p>Change only if you trust whoever gave you the link: from then on you act under that name.</p>
      <div className="steps">
        <button type="button" className="primary" onClick={close}>
          Stay who I am
        </button>
        <button type="button" onClick={change}>
          Change
        </button>
      </div>
    </Sheet>
  );
}

/** The time; with the day if it is not within the next 24 hours. */
function instant(unixMs: number): string {
  const isNear = Math.abs(unixMs - Date.now()) < DAY_MS;
  return new Date(unixMs).toLocaleString([], {
    hour: '2-digit',
    minute: '2-digit',
    ...(isNear ? {} : { day: 'numeric', month: 'short', year: 'numeric' }),
  });
}

const never = () => () => {};
const nothing = (): SessionState | null => null;
