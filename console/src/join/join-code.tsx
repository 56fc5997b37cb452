/** Where somebody types in a code that was read to them. */
import { type SyncKairosClient, SyncKairosError } from '@synckairos/client';
import { type FormEvent, useEffect, useState } from 'react';
import { sessionHash } from '../route.ts';
import { TextField } from '../setup/fields.tsx';
import { explain } from '../words.ts';

interface JoinCodeProps {
  client: SyncKairosClient;
  /** A code that the address has, which is opened at once; empty for none. */
  code?: string;
}

export function JoinCode({ client, code = '' }: JoinCodeProps) {
  const [written, setWritten] = useState(code);
  const [fault, setFault] = useState<string>();
  useEffect(() => {
    if (code !== '') void follow(client, code).then(setFault);
  }, [client, code]);
  const join = (event: FormEvent): void => {
    event.preventDefault();
    if (written.trim() !== '') void follow(client, written).then(setFault);
  };
  return (
    <form className="join-code-form" onSubmit={join}>
      <TextField label="Join code" value={written} fault={fault} onChange={setWritten} />
      <button type="submit" className="more">
        Join
      </button>
    </form>
  );
}

/** Goes to where a code leads. Returns why it leads nowhere; undefined if it did. */
async function follow(client: SyncKairosClient, code: string): Promise<string | undefined> {
  try {
    const { session_id, way, participant_id: as, token } = await client.openCode(code);
    // With roles the token says who one is.
    location.hash =
      token === null
        ? sessionHash(session_id, { watchOnly: way === 'watch', join: way === 'join', ...(as === null ? {} : { as }) })
        : sessionHash(session_id, { token });
    return undefined;
  } catch (thrown) {
    const refused = thrown instanceof SyncKairosError ? thrown.code : '';
    if (refused === 'NOT_FOUND' || refused === 'VALIDATION_ERROR')
      return 'No game has this code now. A code ends after a while: ask for a new one.';
    if (refused === 'RATE_LIMIT_EXCEEDED') return 'Too many wrong codes came from your network. Wait half a minute.';
    return explain(thrown);
  }
}

/** The page of a link that is a code. */
export function JoinPage({ client, code }: { client: SyncKairosClient; code: string }) {
  return (
    <main className="waiting">
      <div className="card narrow">
        <h1>Join</h1>
        <JoinCode client={client} code={code} />
        <a className="button" href="#/">
          To the first page
        </a>
      </div>
    </main>
  );
}
