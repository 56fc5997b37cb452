/** A link and its QR code for others, to take part or only to watch. */
import { type SessionState, type SharedRole, type SyncKairosClient } from '@synckairos/client';
import { useState } from 'react';
import type { Rights } from '../access.ts';
import { BASE_URL } from '../base.ts';
import { sessionHash } from '../route.ts';
import { Sheet } from '../sheet.tsx';
import { isDuel, viewOf } from '../trade.ts';
import { explain, nameOf } from '../words.ts';
import { CopyField } from './copy-field.tsx';
import { LinkList } from './link-list.tsx';
import { QrCode } from './qr-code.tsx';
import { ReachNote } from './reach-note.tsx';
import { ShareCode } from './share-code.tsx';
import { basesOf, useReach } from './use-reach.ts';

interface ShareSheetProps {
  client: SyncKairosClient;
  state: SessionState;
  token: string | undefined;
  rights: Rights;
  onClose: () => void;
}

/** `participant:<id>`: may end only the turns of that participant. `join`: says first who one is. */
type Way = 'controller' | 'viewer' | 'join' | `participant:${string}`;

export function ShareSheet({ client, state, token, rights, onClose }: ShareSheetProps) {
  const isOpen = token === undefined;
  const [way, setWay] = useState<Way>(firstWay(state, rights, isOpen));
  const [made, setMade] = useState(0);
  const [chosen, setBase] = useState<string>();
  const reach = useReach();
  const bases = reach === null ? [] : basesOf(reach);
  const base = chosen ?? bases[0];
  const ways: [Way, string][] = [
    ['controller', 'Control'],
    ['viewer', 'Watch only'],
    ...(isOpen && state.participants.length > 0 ? [['join', 'Everybody says who they are'] satisfies [Way, string]] : []),
    ...(isOpen
      ? []
      : state.participants
          .filter(({ withdrawn }) => withdrawn !== true)
          .map(({ participant_id: id }): [Way, string] => [`participant:${id}`, `Play as ${nameOf(state, id)}`])),
  ];
  return (
    <Sheet title="Share" onClose={onClose}>
      {rights.share || isOpen ? (
        <>
          {isOpen && (
            <p className="warning">
              Nobody is asked here who they are: everybody who has a link or a code can control this, whatever the link shows.
            </p>
          )}
          <div className="ways" role="radiogroup" aria-label="What the link allows">
            {ways
              .filter(([value]) => rights.share || value === 'viewer')
              .map(([value, label]) => (
                <label key={value} className="chip">
                  <input type="radio" name="way" checked={value === way} onChange={() => setWay(value)} />
                  {label}
                </label>
              ))}
          </div>
          {base !== undefined && (
            <>
              {isOpen ? (
                <OpenLink base={base} sessionId={state.session_id} way={way} />
              ) : (
                <RoleLink
                  key={way}
                  base={base}
                  client={client}
                  sessionId={state.session_id}
                  way={way}
                  hashWith={(fresh) => sessionHash(state.session_id, { token: fresh })}
                  onMade={() => setMade(made + 1)}
                />
              )}
              {way !== 'controller' && (
                <ShareCode
                  key={`code ${way}`}
                  client={client}
                  sessionId={state.session_id}
                  way={way === 'viewer' ? 'watch' : way === 'join' ? 'join' : 'play'}
                  participant={participantOf(way)}
                  base={base}
                  onMade={() => setMade(made + 1)}
                />
              )}
            </>
          )}
          {reach !== null && <ReachNote reach={reach} bases={bases} base={base} onBase={setBase} />}
          {!isOpen && <LinkList key={made} client={client} state={state} />}
        </>
      ) : (
        <p>Only the owner of this game can let others in.</p>
      )}
    </Sheet>
  );
}

/**
 * Whom one invites most likely: an opponent takes part, those who play a quiz say who they are, and a crowd watches.
 */
function firstWay(state: SessionState, rights: Rights, isOpen: boolean): Way {
  if (isDuel(state) && (rights.turn || rights.start)) return 'controller';
  return isOpen && viewOf(state) === 'quiz' ? 'join' : 'viewer';
}

function participantOf(way: Way): string | undefined {
  return way.startsWith('participant:') ? way.slice('participant:'.length) : undefined;
}

/** With AUTH_MODE=none a link can only hide buttons, and says so. */
function OpenLink({ base, sessionId, way }: { base: string; sessionId: string; way: Way }) {
  return (
    <>
      <Link base={base} hash={sessionHash(sessionId, { watchOnly: way === 'viewer', join: way === 'join' })} />
      <p className="field-note">
        {way === 'controller'
          ? 'Whoever has this link can do all that you can.'
          : 'This server asks nobody who they are, so this link merely hides the controls: who knows how can still use them.'}
      </p>
    </>
  );
}

interface RoleLinkProps {
  /** What the link begins with; without it the address of this page. */
  base?: string;
  client: SyncKairosClient;
  sessionId: string;
  way: Way;
  /** The hash of the page that the link opens with its token. */
  hashWith: (token: string) => string;
  onMade?: () => void;
}

/** A link with a token of its own, which the server makes when asked to and can revoke. */
export function RoleLink({ base, client, sessionId, way, hashWith, onMade }: RoleLinkProps) {
  const [made, setMade] = useState<{ token: string; expires_at: string } | null>(null);
  const [problem, setProblem] = useState('');
  const make = async (): Promise<void> => {
    const participant = participantOf(way);
    const [role] = way.split(':', 1) as [SharedRole];
    try {
      setMade(await client.shareSession(sessionId, { role, ...(participant === undefined ? {} : { participant_id: participant }) }));
      onMade?.();
    } catch (thrown) {
      setProblem(explain(thrown));
    }
  };
  if (problem !== '') return <p role="alert">{problem}</p>;
  if (made === null) {
    return (
      <button type="button" className="primary" onClick={() => void make()}>
        Make a link
      </button>
    );
  }
  return (
    <>
      <Link base={base} hash={hashWith(made.token)} />
      <p className="field-note">
        The server holds whoever comes by this link to what it allows, until {new Date(made.expires_at).toLocaleString()}. Its key is in the
        part behind the #, which browsers send to nobody.
      </p>
    </>
  );
}

/** A link as a QR code and to copy. */
export function Link({ base = BASE_URL, hash }: { base?: string | undefined; hash: string }) {
  const address = base + hash;
  return (
    <>
      <QrCode text={address} />
      <CopyField label="Link for others" text={address} />
    </>
  );
}
