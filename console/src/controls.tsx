/** What can be done with a game now. */
import type { SessionState } from '@synckairos/client';
import type { SyncKairosHook } from '@synckairos/client/react';
import { useState } from 'react';
import { ShareLink } from './share-link.tsx';

export function Controls({ game, state }: { game: SyncKairosHook; state: SessionState }) {
  const { status } = state;
  const over = status === 'expired' || status === 'completed' || status === 'cancelled';
  return (
    <div className="controls">
      <div className="actions" role="group" aria-label="Game">
        {status === 'pending' && (
          <button type="button" className="primary" onClick={() => void game.startSession()}>
            Start
          </button>
        )}
        {status === 'running' && (
          <button type="button" onClick={() => void game.pauseSession()}>
            Pause
          </button>
        )}
        {status === 'paused' && (
          <button type="button" className="primary" onClick={() => void game.resumeSession()}>
            Resume
          </button>
        )}
        {over ? (
          <a className="button primary" href="#/">
            New game
          </a>
        ) : (
          <FinishButton onFinish={() => void game.completeSession()} />
        )}
      </div>
      <ShareLink />
    </div>
  );
}

/** Asks once more, since a finished game can't be taken up again. */
function FinishButton({ onFinish }: { onFinish: () => void }) {
  const [asked, setAsked] = useState(false);
  return (
    <button
      type="button"
      className={asked ? 'danger' : ''}
      onBlur={() => setAsked(false)}
      onClick={() => {
        if (asked) onFinish();
        setAsked(!asked);
      }}
    >
      {asked ? 'Really finish?' : 'Finish'}
    </button>
  );
}
