/** A game: its clocks, what can be done now, and the ways to share it and look back. */
import { modeOf, type SessionState, type SyncKairosClient } from '@synckairos/client';
import { lazy, Suspense, useEffect, useState } from 'react';
import { rememberSession } from '../kept.ts';
import { sessionHash } from '../route.ts';
import { invite, isInvitedTo } from '../share/invited.ts';
import { TRADE_VIEWS, type TradeProps } from '../trades/trade-view.ts';
import { hasEnded, turnWords, viewOf } from '../trade.ts';
import { useWishes } from '../wishes.ts';
import { explain, nameOf, titleOf, whyNothing } from '../words.ts';
import { AdjustSheet } from './adjust-sheet.tsx';
import { Announcer } from './announcer.tsx';
import { ClockPanel } from './clock-panel.tsx';
import { Controls, type SheetName } from './controls.tsx';
import { type Face, facesOf } from './faces.ts';
import { FinishSheet } from './finish-sheet.tsx';
import { Notice } from './notice.tsx';
import { OfferLine } from './offers.tsx';
import { canRematch, rematchId } from './rematch.ts';
import { resultFor, resultOf, standingOf } from './result.ts';
import { Roster } from './roster.tsx';
import { hasSeats, seated, useSeat } from './seats.ts';
import { StartCountdown } from './start-countdown.tsx';
import { useFullScreen } from './use-full-screen.ts';
import { useGame } from './use-game.ts';
import { useKeptFocus } from './use-kept-focus.ts';
import { useOffers } from './use-offers.ts';
import { useSaidTimes } from './use-said-times.ts';
import { useShortcuts } from './use-shortcuts.ts';
import { useSignals } from './use-signals.ts';
import { useList } from './use-list.ts';
import { useSound } from './use-sound.ts';
import { useSpaceBar } from './use-space-bar.ts';
import { useWakeLock } from './use-wake-lock.ts';

// Not part of the first view.
const ShareSheet = lazy(async () => ({ default: (await import('../share/share-sheet.tsx')).ShareSheet }));
const SeatPicker = lazy(async () => ({ default: (await import('../trades/seat-picker.tsx')).SeatPicker }));
const StageSheet = lazy(async () => ({ default: (await import('../stage/stage-sheet.tsx')).StageSheet }));
const SeatSheet = lazy(async () => ({ default: (await import('./seat-sheet.tsx')).SeatSheet }));
const SoundSheet = lazy(async () => ({ default: (await import('./sound-sheet.tsx')).SoundSheet }));
const ShortcutSheet = lazy(async () => ({ default: (await import('./shortcut-sheet.tsx')).ShortcutSheet }));
const HistorySheet = lazy(async () => ({ default: (await import('../history/history-sheet.tsx')).HistorySheet }));

interface GamePageProps {
  client: SyncKairosClient;
  sessionId: string;
  token: string | undefined;
  watchOnly: boolean;
  /** Whether to ask first who is there. */
  join: boolean;
  /** The participant whose own page this is. */
  as: string | undefined;
}

export function GamePage({ client, sessionId, token, watchOnly, join, as }: GamePageProps) {
  const [kept, take] = useSeat(sessionId);
  const seat = as ?? (watchOnly || join ? undefined : kept);
  const { state, rights, error, commands, guard, waiting } = useGame(client, sessionId, token, watchOnly || join, seat);
  const offers = useOffers(client, sessionId, state, rights?.own ?? seat);
  const sound = useSound();
  const fullScreen = useFullScreen();
  const [said, sayTimes] = useSaidTimes(client, state, sound.on);
  const [{ keys }] = useWishes();
  const [sheet, setSheet] = useState<SheetName | null>(isInvitedTo(sessionId) ? 'share' : null);
  const focus = useKeptFocus();
  useSignals(client, sessionId, state, sound, state?.status === 'running' && rights?.own !== undefined && rights.turn);
  useWakeLock(state !== null && !hasEnded(state));
  useTitle(state);
  useRemembered(state, sessionHash(sessionId, { watchOnly, join, ...(as === undefined ? {} : { as }) }));
  useSpaceBar(() => {
    if (state?.status === 'running' && rights?.turn && turnWords(state).hint !== null) commands.endTurn();
    if (state?.status === 'pending' && rights?.start) commands.start();
    if (state?.status === 'paused' && rights?.pause) commands.resume();
  });
  useShortcuts(
    {
      p: () => {
        if (state?.status === 'running' && rights?.pause) commands.pause();
        if (state?.status === 'paused' && rights?.pause) commands.resume();
      },
      u: () => {
        if (rights?.undo && (state?.undo_available ?? 0) > 0) commands.undo();
      },
      t: sayTimes,
      m: sound.toggle,
      f: () => fullScreen?.toggle(),
      '?': () => setSheet('keys'),
    },
    keys,
  );

  if (state === null || rights === null) {
    return (
      <main className="waiting">
        <h1 className="sr-only">SyncKairos</h1>
        <p role="status">{error === null ? 'Fetching the game…' : whyNothing(error)}</p>
        {error !== null && (
          <a className="button" href="#/">
            New game
          </a>
        )}
      </main>
    );
  }
  const lie = hasSeats(state) ? seated(facesOf(state), state, rights.own ?? seat) : { faces: facesOf(state), seat: undefined };
  const Trade = join ? SeatPicker : TRADE_VIEWS[viewOf(state)];
  const next = rematchId(sessionId);
  // A token is for one game.
  const watchNext = next !== null && rights.role === 'anybody' && !rights.share ? sessionHash(next, { watchOnly: true }) : null;
  const close = (): void => {
    invite(null);
    setSheet(null);
  };
  const sit = (chosen: string | undefined): void => {
    take(chosen);
    // What the address says counts more.
    if (as !== undefined) location.hash = sessionHash(sessionId);
  };
  return (
    <main className="game" data-status={state.status} data-seat={lie.seat} {...focus}>
      <header className="game-head">
        <a className="home" href="#/" aria-label="SyncKairos: new game">
          <img src="favicon.svg" alt="" width="28" height="28" />
        </a>
        <h1>{titleOf(state)}</h1>
        {!rights.turn && !rights.start && rights.own === undefined && !join && rights.role !== 'participant' && (
          <p className="badge">Watching</p>
        )}
        <p className="standing">{standingOf(state)}</p>
      </header>
      {state.status === 'pending' && state.starts_at != null && <StartCountdown client={client} startsAt={state.starts_at} />}
      {Trade === undefined ? (
        <Clocks faces={lie.faces} client={client} state={state} rights={rights} commands={commands} guard={guard} error={error} />
      ) : (
        <Suspense fallback={<section className="board" />}>
          <Trade client={client} state={state} rights={rights} commands={commands} guard={guard} error={error} />
        </Suspense>
      )}
      <OfferLine state={state} offers={offers} commands={commands} seat={rights.own} mayAnswer={rights.finish} watchNext={watchNext} />
      <Controls
        playAgain={canRematch(state) && rights.share ? offers.playAgain : null}
        state={state}
        rights={rights}
        commands={commands}
        guard={guard}
        sound={sound}
        fullScreen={fullScreen}
        onOpen={setSheet}
      />
      {waiting > 0 && (
        <p className="blocked" role="status">
          {waiting === 1 ? 'One press waits' : `${waiting} presses wait`} for the server
        </p>
      )}
      {sound.isBlocked && sheet !== 'sound' && (
        <p className="blocked" role="status">
          Sound waits for a touch of this page
        </p>
      )}
      <Notice error={sheet === 'adjust' ? null : error} />
      <Announcer client={client} state={state} said={said} />
      {sheet === 'adjust' && (
        <AdjustSheet
          client={client}
          state={state}
          problem={error === null ? '' : explain(error)}
          rests={guard.rests}
          onAdjust={commands.adjust}
          onClose={close}
        />
      )}
      {sheet === 'finish' && (
        <FinishSheet
          state={state}
          seat={rights.own}
          onFinish={commands.finish}
          onOfferDraw={() => commands.act(offers.offerDraw)}
          onCancel={commands.cancel}
          onClose={close}
        />
      )}
      <Suspense>
        {sheet === 'share' && <ShareSheet client={client} state={state} token={token} rights={rights} onClose={close} />}
        {sheet === 'stage' && <StageSheet client={client} state={state} token={token} rights={rights} onClose={close} />}
        {sheet === 'seat' && <SeatSheet state={state} seat={seat} onTake={sit} onClose={close} />}
        {sheet === 'sound' && <SoundSheet sound={sound} onClose={close} />}
        {sheet === 'keys' && <ShortcutSheet onClose={close} />}
        {sheet === 'history' && <HistorySheet client={client} state={state} onClose={close} />}
      </Suspense>
    </main>
  );
}

/** A clock for each who has one, and who shares the one of the session. */
function Clocks({ faces, client, state, rights, commands, guard }: TradeProps & { faces: Face[] }) {
  const result = resultOf(state);
  const [board, isList] = useList(faces.length);
  return (
    <>
      <section ref={board} className="board" aria-label="Clocks" data-clocks={faces.length} data-list={isList}>
        {faces.map((face) => (
          <ClockPanel
            key={face.who}
            client={client}
            state={state}
            face={{ ...face, note: resultFor(result, face.who) || face.note }}
            mayEnd={rights.turn}
            // A participant's own clock never ends another one's turn.
            rests={face.who === 'global' ? guard.turnRests : guard.rests}
            onSwitch={() => commands.endTurn(undefined, face.who !== 'global')}
          />
        ))}
      </section>
      {modeOf(state).owners !== 'participants' && (
        <Roster state={state} mayEnd={rights.turn} rests={guard.turnRests} onPass={(next) => commands.endTurn(next)} />
      )}
    </>
  );
}

/** Lets this device find the session again. */
function useRemembered(state: SessionState | null, hash: string): void {
  const sessionId = state?.session_id;
  const title = state === null ? '' : titleOf(state);
  useEffect(() => {
    if (sessionId !== undefined) rememberSession({ sessionId, hash, title });
  }, [sessionId, title, hash]);
}

function useTitle(state: SessionState | null): void {
  const names = state === null ? [] : state.participants.slice(0, 2).map((player) => nameOf(state, player.participant_id));
  const title = state === null ? 'SyncKairos' : `${titleOf(state)}${names.length > 0 ? `: ${names.join(' · ')}` : ''} – SyncKairos`;
  useEffect(() => {
    document.title = title;
    return () => {
      document.title = 'SyncKairos';
    };
  }, [title]);
}
