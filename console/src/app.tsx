import type { SyncKairosClient, SyncKairosError } from '@synckairos/client';
import { lazy, Suspense, useSyncExternalStore } from 'react';
import type { AuthRefusal } from './auth-refusal.ts';
import { isFramed, OwnWindow } from './framed.tsx';
import { ReplaceSheet } from './identity.tsx';
import { JoinPage } from './join/join-code.tsx';
import { Nowhere } from './nowhere.tsx';
import { type Route, routeOf } from './route.ts';
import { SetupPage } from './setup/setup-page.tsx';
import { SignIn } from './sign-in.tsx';
import { StatusBar } from './status-bar.tsx';
import { useRoute } from './use-route.ts';

// Of no use to the first page. Whoever comes by the link of a game loads it while the client connects.
const gamePage = async () => ({ default: (await import('./game/game-page.tsx')).GamePage });
const GamePage = lazy(gamePage);
if (routeOf(location.hash).page === 'game') void gamePage().catch(() => undefined);
// Rarely opened, so not part of the first view.
const BoardPage = lazy(async () => ({ default: (await import('./board/board-page.tsx')).BoardPage }));
const StagePage = lazy(async () => ({ default: (await import('./stage/stage-page.tsx')).StagePage }));
const PlaygroundPage = lazy(async () => ({ default: (await import('./playground/playground-page.tsx')).PlaygroundPage }));
const OperatorPage = lazy(async () => ({ default: (await import('./operator/operator-page.tsx')).OperatorPage }));

interface AppProps {
  client: SyncKairosClient;
  token: string | undefined;
}

export function App({ client, token, offered, authRefusal }: AppProps & { offered: string | undefined; authRefusal: AuthRefusal }) {
  const refusal = useSyncExternalStore(authRefusal.subscribe, authRefusal.getSnapshot);
  const route = useRoute();
  return (
    <div className="app">
      <Page client={client} token={token} route={route} refusal={refusal} />
      {/* The name that a refused token gives is not shown. A stage has nothing beside the clock. */}
      {!(isFramed && !mayBeFramed(route)) && (route.page !== 'stage' || refusal !== null) && (
        <StatusBar client={client} token={refusal === null ? token : undefined} />
      )}
      {token !== undefined && offered !== undefined && <ReplaceSheet token={token} offered={offered} />}
    </div>
  );
}

/** In a frame a page could lead the hand of whoever presses, so only what nobody presses is shown. */
function mayBeFramed(route: Route): boolean {
  return route.page === 'stage' || route.page === 'board' || (route.page === 'game' && route.watchOnly);
}

function Page({ client, token, route, refusal }: AppProps & { route: Route; refusal: SyncKairosError | null }) {
  if (isFramed && !mayBeFramed(route)) return <OwnWindow />;
  if (route.page === 'nowhere') return <Nowhere fault={route.fault} />;
  if (route.page === 'operator') {
    return (
      <Suspense fallback={<main className="waiting" />}>
        <OperatorPage client={client} token={token} sessionId={route.sessionId} />
      </Suspense>
    );
  }
  if (route.page === 'playground') {
    return (
      <Suspense fallback={<main className="waiting" />}>
        <PlaygroundPage key={route.control} written={route.control} />
      </Suspense>
    );
  }
  // Whoever has a code needs no token yet.
  if (route.page === 'code') return <JoinPage key={route.code} client={client} code={route.code} />;
  if (refusal !== null) return <SignIn client={client} refusal={refusal} hadToken={token !== undefined} />;
  if (route.page === 'setup') return <SetupPage client={client} />;
  if (route.page === 'board') {
    return (
      <Suspense fallback={<main className="waiting" />}>
        <BoardPage client={client} sessionIds={route.sessionIds} />
      </Suspense>
    );
  }
  if (route.page === 'stage') {
    return (
      <Suspense fallback={<main className="waiting" />}>
        <StagePage key={route.sessionId} client={client} {...route} />
      </Suspense>
    );
  }
  const { sessionId, ...link } = route;
  return (
    <Suspense fallback={<main className="waiting" />}>
      <GamePage key={sessionId} client={client} sessionId={sessionId} token={token} {...link} />
    </Suspense>
  );
}
