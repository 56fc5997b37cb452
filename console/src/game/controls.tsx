/** The buttons for what the user can do with a game now. */
import type { SessionState } from '@synckairos/client';
import type { Rights } from '../access.ts';
import { endWords, hasEnded, isLastItem, turnWords } from '../trade.ts';
import { type PressGuard, usePress } from './press.ts';
import type { GameCommands } from './use-game.ts';
import type { Sound } from './use-sound.ts';

export type SheetName = 'adjust' | 'finish' | 'share' | 'history' | 'stage';

interface ControlsProps {
  state: SessionState;
  rights: Rights;
  commands: GameCommands;
  guard: PressGuard;
  sound: Sound;
  onOpen: (sheet: SheetName) => void;
}

export function Controls({ state, rights, commands, guard, sound, onOpen }: ControlsProps) {
  const { status } = state;
  const { rests } = guard;
  const over = hasEnded(state);
  const main = mainAction(state, rights, commands);
  const canUndo = (state.undo_available ?? 0) > 0;
  return (
    <div className="controls">
      <div className="actions" role="group" aria-label="Game">
        {main !== null && (
          // The same button for each meaning, so that the focus stays, and a finger that stays down presses nothing
          // else.
          <PressButton isMain rests={main.endsTurn ? guard.turnRests : rests} act={main.act}>
            {main.label}
          </PressButton>
        )}
        {status === 'running' && isLastItem(state) && rights.turn && rights.finish && (
          // It cannot be undone, so it acts on a click, which can be aborted.
          <button type="button" className="primary" data-resting={guard.turnRests} onClick={commands.finish}>
            {state.metadata['preset'] === 'agenda' ? 'End meeting' : 'End'}
            <span className="sr-only">, no next item</span>
          </button>
        )}
        {status === 'running' && rights.pause && (
          <PressButton rests={rests} act={commands.pause}>
            Pause
          </PressButton>
        )}
        {(status === 'running' || status === 'paused') && rights.undo && state.undo_depth !== undefined && (
          // It stays in its place and keeps the focus, also while there is nothing to take back.
          <button type="button" data-resting={guard.turnRests} aria-disabled={!canUndo} onClick={() => canUndo && commands.undo()}>
            Take back<span className="sr-only"> the last turn</span>
          </button>
        )}
        {!over && rights.adjust && state.concurrent !== true && (
          <button type="button" data-resting={rests} onClick={() => onOpen('adjust')}>
            Adjust
          </button>
        )}
        {!over && rights.finish && (
          <button type="button" data-resting={rests} onClick={() => onOpen('finish')}>
            {endWords(state)}
          </button>
        )}
        {over && (
          <a className="button" data-resting={rests} href="#/">
            New game
          </a>
        )}
      </div>
      <div className="actions" role="group" aria-label="Page">
        <button type="button" data-resting={rests} aria-pressed={sound.on} onClick={sound.toggle}>
          Sound
        </button>
        <button type="button" data-resting={rests} onClick={() => onOpen('history')}>
          History
        </button>
        <button type="button" data-resting={rests} onClick={() => onOpen('share')}>
          Share
        </button>
        {rights.finish && (
          <button type="button" data-resting={rests} onClick={() => onOpen('stage')}>
            Stage
          </button>
        )}
      </div>
    </div>
  );
}

/** The action that is most likely wanted now. */
function mainAction(
  state: SessionState,
  rights: Rights,
  commands: GameCommands,
): { label: string; act: () => void; endsTurn?: boolean } | null {
  const { end } = turnWords(state);
  if (state.status === 'pending' && rights.start) return { label: 'Start', act: commands.start };
  if (state.status === 'paused' && rights.pause) return { label: 'Resume', act: commands.resume };
  if (state.status === 'running' && rights.turn && end !== null) return { label: end, act: () => commands.endTurn(), endsTurn: true };
  return null;
}

interface PressButtonProps {
  isMain?: boolean;
  rests: boolean;
  act: () => void;
  children: string;
}

/** A button that acts when it goes down. */
function PressButton({ isMain = false, rests, act, children }: PressButtonProps) {
  const press = usePress(act);
  return (
    <button type="button" className={isMain ? 'primary' : undefined} data-resting={rests} {...press}>
      {children}
    </button>
  );
}
