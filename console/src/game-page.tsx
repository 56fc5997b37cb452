/** A game: its clocks, what can be done now, and the way for a second device. */
import type { SessionState, SyncKairosClient } from '@synckairos/client';
import { useSyncKairos } from '@synckairos/client/react';
import { useEffect } from 'react';
import { Announcer } from './announcer.tsx';
import { ClockPanel } from './clock-panel.tsx';
import { Controls } from './controls.tsx';
import { Notice } from './notice.tsx';
import { useSpaceBar } from './use-space-bar.ts';
import { explain, nameOf, standing, titleOf } from './words.ts';

export function GamePage({ client, sessionId }: { client: SyncKairosClient; sessionId: string }) {
  const store = client.session(sessionId);
  // The guard of a switch is whoever was active when this was drawn: what a person saw when pressing.
  const game = useSyncKairos(sessionId, client, store.getSnapshot()?.active_participant_id ?? undefined);
  const { sessionState: state, error } = game;
  useTitle(state);
  useSpaceBar(() => {
    if (state?.status === 'running') void game.switchCycle();
    if (state?.status === 'pending') void game.startSession();
    if (state?.status === 'paused') void game.resumeSession();
  });

  if (state === null) {
    return (
      <main className="waiting">
        <p role="status">{error === null ? 'Fetching the game…' : explain(error)}</p>
        {error !== null && (
          <a className="button" href="#/">
            New game
          </a>
        )}
      </main>
    );
  }
  const players = state.participants.toSorted((a, b) => a.participant_index - b.participant_index);
  return (
    <main className="game" data-status={state.status}>
      <header className="game-head">
        <a className="home" href="#/" aria-label="SyncKairos: new game">
          <img src="/favicon.svg" alt="" width="28" height="28" />
        </a>
        <h1>{titleOf(state)}</h1>
        <p className="standing">{standing(state)}</p>
      </header>
      <section className="board" aria-label="Clocks">
        {players.map((player) => (
          <ClockPanel key={player.participant_id} client={client} state={state} player={player} onSwitch={() => void game.switchCycle()} />
        ))}
      </section>
      <Controls game={game} state={state} />
      <Notice error={error} />
      <Announcer client={client} state={state} />
    </main>
  );
}

function useTitle(state: SessionState | null): void {
  const title =
    state === null ? 'SyncKairos' : `${state.participants.map((player) => nameOf(state, player.participant_id)).join(' · ')} – SyncKairos`;
  useEffect(() => {
    document.title = title;
    return () => {
      document.title = 'SyncKairos';
    };
  }, [title]);
}
