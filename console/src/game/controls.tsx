/** What can be done with a game now, by whoever looks at it. */
import type { SessionState } from '@synckairos/client';
import type { Rights } from '../access.ts';
import { turnWords } from '../words.ts';
import type { GameCommands } from './use-game.ts';
import type { Sound } from './use-sound.ts';

export type SheetName = 'adjust' | 'finish' | 'share' | 'history';

interface ControlsProps {
  state: SessionState;
  rights: Rights;
  commands: GameCommands;
  sound: Sound;
  onOpen: (sheet: SheetName) => void;
}

export function Controls({ state, rights, commands, sound, onOpen }: ControlsProps) {
  const { status } = state;
  const over = status === 'expired' || status === 'completed' || status === 'cancelled';
  return (
    <div className="controls">
      <div className="actions" role="group" aria-label="Game">
        {status === 'pending' && rights.start && (
          <button type="button" className="primary" onClick={commands.start}>
            Start
          </button>
        )}
        {status === 'running' && rights.turn && (
          <button type="button" className="primary" onClick={() => commands.endTurn()}>
            {turnWords(state).end}
          </button>
        )}
        {status === 'running' && rights.pause && (
          <button type="button" onClick={commands.pause}>
            Pause
          </button>
        )}
        {status === 'paused' && rights.pause && (
          <button type="button" className="primary" onClick={commands.resume}>
            Resume
          </button>
        )}
        {!over && rights.adjust && (
          <button type="button" onClick={() => onOpen('adjust')}>
            Adjust
          </button>
        )}
        {!over && rights.finish && (
          <button type="button" onClick={() => onOpen('finish')}>
            Finish
          </button>
        )}
        {over && (
          <a className="button" href="#/">
            New game
          </a>
        )}
      </div>
      <div className="actions" role="group" aria-label="Page">
        <button type="button" aria-pressed={sound.on} onClick={sound.toggle}>
          Sound
        </button>
        <button type="button" onClick={() => onOpen('history')}>
          History
        </button>
        <button type="button" onClick={() => onOpen('share')}>
          Share
        </button>
      </div>
    </div>
  );
}
