/** A short code in place of a link, large enough to be read from the back of a room. */
import type { CodeData, CodeWay, SyncKairosClient } from '@synckairos/client';
import { useState } from 'react';
import { explain } from '../words.ts';

interface ShareCodeProps {
  client: SyncKairosClient;
  sessionId: string;
  way: CodeWay;
  /** As whom one plays. */
  participant: string | undefined;
  /** Where the code is typed in. */
  base: string;
  onMade: () => void;
}

/** Made only when it is asked for: each code that is valid is one more that could be guessed. */
export function ShareCode({ client, sessionId, way, participant, base, onMade }: ShareCodeProps) {
  const [made, setMade] = useState<CodeData | null>(null);
  const [problem, setProblem] = useState('');
  const make = async (): Promise<void> => {
    try {
      setMade(await client.createCode(sessionId, { way, participant_id: participant }));
      setProblem('');
      onMade();
    } catch (thrown) {
      setProblem(explain(thrown));
    }
  };
  if (made === null) {
    return (
      <>
        <button type="button" className="more" onClick={() => void make()}>
          Show a join code
        </button>
        <p className="problem" role="alert">
          {problem}
        </p>
      </>
    );
  }
  const { code, expires_at } = made;
  return (
    <section className="join-code" aria-label="Join code">
      <p className="join-code-letters">
        {code.slice(0, 3)} {code.slice(3)}
      </p>
      <p className="field-note">
        Type it in at <b>{base.replace(/^https?:\/\//, '').replace(/\/$/, '')}</b>, until{' '}
        {new Date(expires_at).toLocaleTimeString([], { timeStyle: 'short' })}.
      </p>
    </section>
  );
}
