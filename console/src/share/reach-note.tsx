/** Says where links lead that only this machine can open, and lets one choose among the machine's addresses. */
import type { ReachData } from '@synckairos/client';
import { isLocal } from './use-reach.ts';

interface ReachNoteProps {
  reach: ReachData;
  bases: string[];
  base: string | undefined;
  onBase: (base: string) => void;
}

export function ReachNote({ reach, bases, base, onBase }: ReachNoteProps) {
  const { public_url, loopback_only, addresses } = reach;
  if (public_url !== null || !isLocal()) return null;
  if (loopback_only) {
    return (
      <p className="warning" role="note">
        Only this machine can open this: the server listens on its own address alone. Start it with <code>HOST=0.0.0.0</code>
        {addresses.length > 0 ? (
          <>
            , and others in your network reach it at <b>{addresses.join(' or ')}</b>.
          </>
        ) : (
          '.'
        )}
      </p>
    );
  }
  if (addresses.length === 0)
    return (
      <p className="warning">
        You opened this page as {location.hostname}, which on another device is that device. Open it by the server’s own name to share it.
      </p>
    );
  if (bases.length < 2) return <p className="field-note">The link has this machine’s address in your network.</p>;
  return (
    <div className="ways" role="radiogroup" aria-label="Address of this machine">
      {bases.map((each) => (
        <label key={each} className="chip">
          <input type="radio" name="base" checked={each === base} onChange={() => onBase(each)} />
          {new URL(each).host}
        </label>
      ))}
    </div>
  );
}
