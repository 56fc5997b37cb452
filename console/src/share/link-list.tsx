/** The valid links, each with a button that revokes it. */
import { type SessionState, type ShareLink, type SyncKairosClient } from '@synckairos/client';
import { useEffect, useState } from 'react';
import { explain, nameOf } from '../words.ts';

interface LinkListProps {
  client: SyncKairosClient;
  state: SessionState;
}

export function LinkList({ client, state }: LinkListProps) {
  const { session_id: id } = state;
  const [links, setLinks] = useState<ShareLink[]>([]);
  const [problem, setProblem] = useState('');

  useEffect(() => {
    let wanted = true;
    client.getShareLinks(id).then(
      (found) => wanted && setLinks(found),
      (thrown: unknown) => wanted && setProblem(explain(thrown)),
    );
    return () => {
      wanted = false;
    };
  }, [client, id]);

  const revoke = (linkId: string): void =>
    void client.revokeShare(id, linkId).then(
      () => setLinks((before) => before.filter((link) => link.link_id !== linkId)),
      (thrown: unknown) => setProblem(explain(thrown)),
    );
  if (links.length === 0) return <p className="problem">{problem}</p>;
  return (
    <section aria-label="Links that are good now">
      <p className="field-note">Links that are good now</p>
      <ul className="links">
        {links.map((link) => (
          <li key={link.link_id}>
            <span>
              {wordsFor(state, link)} <small>until {new Date(link.expires_at).toLocaleString()}</small>
            </span>
            <button type="button" className="more" onClick={() => revoke(link.link_id)}>
              Revoke
            </button>
          </li>
        ))}
      </ul>
      <p className="problem" role="alert">
        {problem}
      </p>
    </section>
  );
}

function wordsFor(state: SessionState, { role, participant_id: participant }: ShareLink): string {
  if (participant !== null) return `Play as ${nameOf(state, participant)}`;
  return role === 'viewer' ? 'Watch only' : 'Control';
}
