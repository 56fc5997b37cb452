import type { SyncKairosClient } from '@synckairos/client';
import { GamePage } from './game-page.tsx';
import { useSessionRoute } from './route.ts';
import { SetupPage } from './setup-page.tsx';
import { StatusBar } from './status-bar.tsx';

export function App({ client }: { client: SyncKairosClient }) {
  const sessionId = useSessionRoute();
  return (
    <div className="app">
      {sessionId === null ? <SetupPage client={client} /> : <GamePage key={sessionId} client={client} sessionId={sessionId} />}
      <StatusBar client={client} />
    </div>
  );
}
