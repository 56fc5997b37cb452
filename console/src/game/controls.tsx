/** The buttons for what the user can do with a game now: one in front, two beside it, and the others behind `⋯`. */
import type { SessionState } from '@synckairos/client';
import type { ReactNode } from 'react';
import type { Rights } from '../access.ts';
import { endWords, hasEnded, isLastItem, turnWords } from '../trade.ts';
import { Icon, type IconName } from './icon.tsx';
import { MoreMenu } from './more-menu.tsx';
import { type PressGuard, usePress } from './press.ts';
import { hasSeats } from './seats.ts';
import type { GameCommands } from './use-game.ts';
import type { Sound } from './use-sound.ts';

export type SheetName = 'adjust' | 'finish' | 'share' | 'history' | 'stage' | 'seat' | 'sound' | 'keys';

interface ControlsProps {
  /** Begins the next game; null where there can be none. */
  playAgain: (() => Promise<void>) | null;
  state: SessionState;
  rights: Rights;
  commands: GameCommands;
  guard: PressGuard;
  sound: Sound;
  fullScreen: { isOn: boolean; toggle: () => void } | null;
  onOpen: (sheet: SheetName) => void;
}

/** How many buttons stand beside the one in front. */
const BESIDE = 2;

export function Controls(props: ControlsProps) {
  const { state, rights, commands, guard, playAgain } = props;
  const over = hasEnded(state);
  const main = mainAction(state, rights, commands);
  const others = otherActions(props);
  const beside = BESIDE - (over ? 1 : 0) - (playAgain === null ? 0 : 1);
  return (
    <div className="controls actions" role="group" aria-label="Game">
      {main !== null && (
        // The same button for each meaning, so that the focus stays, and a finger that stays down presses nothing
        // else.
        <PressButton isMain rests={main.endsTurn ? guard.turnRests : guard.rests} act={main.act}>
          {main.label}
        </PressButton>
      )}
      {main === null && keepsPlace(state, rights) && (
        // The others stay where they are when one's own turn begins.
        <span className="button primary place" aria-hidden="true">
          {turnWords(state).end}
        </span>
      )}
      {state.status === 'running' && isLastItem(state) && rights.turn && rights.finish && (
        // It cannot be undone, so it acts on a click, which can be aborted.
        <button type="button" className="primary" data-resting={guard.turnRests} onClick={() => commands.finish()}>
          {state.metadata['preset'] === 'agenda' ? 'End meeting' : 'End'}
          <span className="sr-only">, no next item</span>
        </button>
      )}
      {playAgain !== null && (
        <button type="button" className="primary" data-resting={guard.rests} onClick={() => commands.act(playAgain)}>
          Rematch
        </button>
      )}
      {over && (
        <a className="button" data-resting={guard.rests} href="#/">
          New game
        </a>
      )}
      {others.slice(0, beside).map((action) => (
        <ActionButton key={action.name} {...action} />
      ))}
      <MoreMenu rests={guard.rests}>
        {others.slice(beside).map((action) => (
          <ActionButton key={action.name} {...action} />
        ))}
      </MoreMenu>
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

/** Whether the turn can be ended later by this device, but not now. */
function keepsPlace(state: SessionState, rights: Rights): boolean {
  return state.status === 'running' && rights.own !== undefined && hasSeats(state) && turnWords(state).end !== null;
}

interface Action {
  name: string;
  /** What only a screen reader says behind the name. */
  of?: string;
  icon?: IconName;
  act: () => void;
  rests: boolean;
  /** Whether it acts when it goes down instead of on a click. */
  isPress?: boolean;
  isDisabled?: boolean;
  /** Whether it is on, for one that is switched on and off. */
  isOn?: boolean;
}

/** All others, the likeliest first. */
function otherActions({ state, rights, commands, guard, sound, fullScreen, onOpen }: ControlsProps): Action[] {
  const { status } = state;
  const { rests, turnRests } = guard;
  const isOver = hasEnded(state);
  const canUndo = (state.undo_available ?? 0) > 0;
  const opens = (name: string, sheet: SheetName, icon?: IconName): Action => ({
    name,
    rests,
    act: () => onOpen(sheet),
    ...(icon && { icon }),
  });
  const share = opens('Share', 'share');
  const finish = opens(endWords(state), 'finish', 'flag');
  const seat = !isOver && rights.start && hasSeats(state) && opens('Seat', 'seat');
  const candidates: (Action | false)[] = [
    status === 'running' && rights.pause && { name: 'Pause', icon: 'pause', rests, act: commands.pause, isPress: true },
    // It stays in its place and keeps the focus, also while there is nothing to take back.
    (status === 'running' || status === 'paused') &&
      rights.undo &&
      state.undo_depth !== undefined && {
        name: 'Take back',
        of: ' the last turn',
        icon: 'back',
        rests: turnRests,
        isDisabled: !canUndo,
        act: () => canUndo && commands.undo(),
      },
    status === 'pending' && seat,
    status === 'pending' && share,
    !isOver && rights.finish && finish,
    !isOver && rights.adjust && state.concurrent !== true && opens('Adjust', 'adjust'),
    opens('History', 'history'),
    status !== 'pending' && seat,
    status !== 'pending' && share,
    rights.finish && opens('Stage', 'stage'),
    { ...opens('Sound', 'sound'), isOn: sound.on },
    fullScreen !== null && { name: 'Full screen', rests, isOn: fullScreen.isOn, act: fullScreen.toggle },
    opens('Keys', 'keys'),
  ];
  return candidates.filter((action) => action !== false);
}

function ActionButton({ name, of, icon, act, rests, isPress = false, isDisabled, isOn }: Action) {
  const label = (
    <>
      {icon !== undefined && <Icon name={icon} />}
      <span className="action-name">{name}</span>
      {of !== undefined && <span className="sr-only">{of}</span>}
    </>
  );
  if (isPress) {
    return (
      <PressButton rests={rests} act={act}>
        {label}
      </PressButton>
    );
  }
  return (
    <button type="button" data-resting={rests} aria-disabled={isDisabled} aria-pressed={isOn} onClick={act}>
      {label}
    </button>
  );
}

interface PressButtonProps {
  isMain?: boolean;
  rests: boolean;
  act: () => void;
  children: ReactNode;
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
