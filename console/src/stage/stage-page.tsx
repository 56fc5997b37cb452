/** A stage: one clock as large as the screen and nothing to press, for a wall, a monitor or a stream. */
import { formatTime, type SessionState, type SyncKairosClient } from '@synckairos/client';
import { useSyncKairos } from '@synckairos/client/react';
import { useEffect, useState } from 'react';
import { digitsOf, levelOf } from '../game/clock-panel.tsx';
import type { Face } from '../game/faces.ts';
import type { StageLook } from '../route.ts';
import { hasEnded, nextItem, titleOfItem } from '../trade.ts';
import { standing, titleOf, whyNothing } from '../words.ts';
import { cuesOf, FLASH_MS } from './cues.ts';
import { faceOf, UNKNOWN, useShown } from './shown.ts';
import { useDelayed } from './use-delayed.ts';
import { useFit } from './use-fit.ts';
import '../styles/stage.css';

interface StageProps {
  client: SyncKairosClient;
  sessionId: string;
  look: StageLook;
}

export function StagePage({ client, sessionId, look }: StageProps) {
  const { sessionState, error, connection } = useSyncKairos(sessionId, client);
  const state = useDelayed(sessionState, look.delayMs);
  useTransparency(look.transparent);
  const face = state === null ? undefined : faceOf(state, look.who);
  if (state === null || face === undefined) {
    return (
      <main className="stage stage-nothing">
        <h1 className="sr-only">Stage</h1>
        <p role="status">{state !== null ? 'Nobody of that name is in this game.' : error === null ? '' : whyNothing(error)}</p>
      </main>
    );
  }
  return <Stage client={client} state={state} face={face} look={look} isLost={connection !== 'connected' && connection !== 'fallback'} />;
}

interface ShownProps extends Omit<StageProps, 'sessionId'> {
  state: SessionState;
  face: Face;
}

function Stage({ client, state, face, look, isLost }: ShownProps & { isLost: boolean }) {
  const { bare, mirror, transparent, delayMs } = look;
  const isSynced = client.getClockStatus().state !== 'syncing';
  const shown = useShown(client, state, face, delayMs);
  const now = client.getServerTime() - delayMs;
  const cues = cuesOf(state);
  const flashes = useFlash(client, cues.flashedAt, delayMs);
  const start = state.status === 'pending' && state.starts_at != null ? Date.parse(state.starts_at) : null;
  const falls = face.counts === 'down';
  const isOver = falls && shown !== null && shown <= 0 && state.overrun_ms !== undefined && !face.hasExpired;
  const isUp = face.hasExpired || (falls && shown === 0 && !isOver);
  const until = start === null ? null : Math.max(0, start - now);
  const digits = until !== null ? (isSynced ? formatTime(until) : UNKNOWN) : shown === null ? UNKNOWN : digitsOf(shown, face.counts);
  const next = nextItem(state);
  const said = until !== null ? 'Starts in' : isOver ? 'Over' : isUp ? 'Time is up' : state.status === 'running' ? '' : standing(state);
  const title = face.name === '' ? titleOf(state) : face.name;
  return (
    <main
      className="stage"
      data-status={state.status}
      data-level={isUp ? 'up' : isOver ? 'over' : falls && until === null ? levelOf(state, shown) : 'calm'}
      data-mirror={mirror}
      data-transparent={transparent}
      data-blackout={cues.blackout}
      data-flash={flashes}
    >
      {cues.blackout ? (
        <h1 className="sr-only">Stage, dark</h1>
      ) : (
        <>
          <header className="stage-head">
            <h1 className={bare ? 'sr-only' : undefined} dir="auto">
              {title}
            </h1>
            {isLost && <p className="stage-lost">offline</p>}
            {!bare && (
              <p className="number">{isSynced ? new Date(now).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }) : UNKNOWN}</p>
            )}
          </header>
          <Digits>{digits}</Digits>
          {said !== '' && <p className="stage-said">{said}</p>}
          {!bare && face.full !== null && !hasEnded(state) && (
            <progress className="stage-bar" value={Math.max(0, shown ?? 0)} max={face.full} aria-hidden="true" />
          )}
          {!bare && next !== undefined && !hasEnded(state) && (
            <p className="stage-next">
              <small>Next</small> <span dir="auto">{titleOfItem(next)}</span> <span className="number">{formatTime(next.time_ms)}</span>
            </p>
          )}
          <p className="stage-message" role="status" dir="auto">
            {cues.message}
          </p>
        </>
      )}
    </main>
  );
}

function Digits({ children }: { children: string }) {
  const { box, text } = useFit();
  return (
    <div className="stage-box" ref={box}>
      <p className="stage-time number" ref={text} role="timer" aria-label="Time">
        {children}
      </p>
    </div>
  );
}

/** Whether the stage flashes: for three seconds from the instant of the cue on. */
function useFlash(client: SyncKairosClient, flashedAt: number | null, delayMs: number): boolean {
  const [over, setOver] = useState<number | null>(null);
  const left = flashedAt === null ? 0 : flashedAt + FLASH_MS + delayMs - client.getServerTime();
  const flashes = left > 0 && over !== flashedAt;
  useEffect(() => {
    if (!flashes) return undefined;
    const timer = setTimeout(() => setOver(flashedAt), left);
    return () => clearTimeout(timer);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- what is left falls with each look at the clock
  }, [flashes, flashedAt]);
  return flashes;
}

/** Takes the background off the whole page. */
function useTransparency(isTransparent: boolean): void {
  useEffect(() => {
    const { dataset } = document.documentElement;
    dataset['stage'] = isTransparent ? 'transparent' : 'black';
    return () => {
      delete dataset['stage'];
    };
  }, [isTransparent]);
}
