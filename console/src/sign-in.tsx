/** For servers with authentication: a page without a valid token says so and accepts one. */
import type { SyncKairosClient, SyncKairosError } from '@synckairos/client';
import { type FormEvent, useState } from 'react';
import { keepToken } from './access.ts';
import { JoinCode } from './join/join-code.tsx';

interface SignInProps {
  client: SyncKairosClient;
  refusal: SyncKairosError;
  hadToken: boolean;
}

export function SignIn({ client, refusal, hadToken }: SignInProps) {
  const [token, setToken] = useState('');
  const enter = (event: FormEvent): void => {
    event.preventDefault();
    keepToken(token.trim());
    location.reload();
  };
  return (
    <main className="waiting">
      <div className="card narrow">
        <h1>{hadToken ? 'This way in is closed' : 'Who are you?'}</h1>
        <p role="status">
          {hadToken
            ? `The link or token you came with is not good any more (${refusal.message.replace('UNAUTHORIZED: ', '')}). Ask whoever gave it to you for a new one.`
            : 'This server asks who you are. Open the link you were given, type in a join code, or paste your access token.'}
        </p>
        <JoinCode client={client} />
        <form className="settings" onSubmit={enter}>
          <div className="field">
            <label htmlFor="token">Access token</label>
            <input
              id="token"
              type="password"
              required
              autoComplete="off"
              value={token}
              onChange={(event) => setToken(event.target.value)}
            />
          </div>
          <button className="primary" type="submit">
            Enter
          </button>
        </form>
      </div>
    </main>
  );
}
