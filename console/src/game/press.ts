/** A press acts when the button goes down, as on a chess clock, and a double press acts once. */
import { type KeyboardEvent, type MouseEvent, type PointerEvent, useEffect, useReducer, useRef, useState } from 'react';

/**
 * The two presses of a double click are at most about this far apart; intended presses take longer. The same as in the
 * hooks of the SDK.
 */
export const PRESS_GUARD_MS = 300;
/** A change within this time was caused by the user's own press. */
const OWN_CHANGE_MS = 2_000;
const INPUTS = ['pointerdown', 'keydown'] as const;
/** On a page that scrolls by more than this, a touch may begin to scroll. */
const SCROLLS_PX = 64;

export interface PressGuard {
  /** Whether buttons ignore presses, because a command was given or their meaning changed less than 300 ms ago. */
  rests: boolean;
  /** The same for buttons that end the present turn, whose meaning changes with each new turn. */
  turnRests: boolean;
  /** Runs a command, unless it comes too soon after another one or after a change of the button's meaning. */
  press: (command: () => void, endsTurn?: boolean) => void;
}

/**
 * The guard of a game. `status`: what its buttons depend on, empty while there are none; `turn`: whose turn they end,
 * null for nobody's.
 */
export function usePressGuard(status: string, turn: string | null): PressGuard {
  const [presses, count] = useReducer((before: number) => before + 1, 0);
  const last = useRef({ at: -Infinity, by: '' });
  const input = useRef('');
  useEffect(() => {
    const note = (event: Event): void => {
      input.current = event.type;
    };
    for (const type of INPUTS) addEventListener(type, note, true);
    return () => {
      for (const type of INPUTS) removeEventListener(type, note, true);
    };
  }, []);
  const rests = [useIsNew(status), useIsNew(String(presses))].includes(true);
  const turnRests = useIsNew(turn ?? '') || rests;
  const press = (command: () => void, endsTurn = false): void => {
    const at = performance.now();
    const by = input.current;
    const since = at - last.current.at;
    if (since < PRESS_GUARD_MS && by === last.current.by) return;
    // A user who clicks a button and then uses a key knows what the key means now.
    const goesOnByKey = by === 'keydown' && last.current.by === 'pointerdown' && since < OWN_CHANGE_MS;
    if ((endsTurn ? turnRests : rests) && !goesOnByKey) return;
    last.current = { at, by };
    count();
    command();
  };
  return { rests, turnRests, press };
}

/** Whether a value has changed within the last 300 ms. The first value is no change: there was nothing to press. */
function useIsNew(value: string): boolean {
  const [known, setKnown] = useState(value);
  useEffect(() => {
    // A first value is known at once, so that the next one is a change, however soon it comes.
    const timer = setTimeout(() => setKnown(value), known === '' ? 0 : PRESS_GUARD_MS);
    return () => clearTimeout(timer);
  }, [value, known]);
  return known !== value && known !== '';
}

interface PressHandlers {
  onPointerDown: (event: PointerEvent) => void;
  onClick: (event: MouseEvent) => void;
  onKeyDown: (event: KeyboardEvent) => void;
  onKeyUp: (event: KeyboardEvent) => void;
}

/**
 * Handlers of a button that acts when mouse, finger or key goes down. A finger that may be about to scroll acts when it
 * is lifted.
 */
export function usePress(act: () => void): PressHandlers {
  const acted = useRef(false);
  return {
    onPointerDown: (event) => {
      acted.current = event.button === 0 && !event.ctrlKey && !(event.pointerType === 'touch' && canScroll(event.currentTarget));
      if (acted.current) act();
    },
    // The Enter key and assistive technology click without a press.
    onClick: (event) => {
      const isRelease = acted.current && event.detail !== 0;
      acted.current = false;
      if (!isRelease) act();
    },
    onKeyDown: (event) => {
      if (event.key !== ' ') return;
      event.preventDefault();
      if (!event.repeat) act();
    },
    onKeyUp: (event) => event.key === ' ' && event.preventDefault(),
  };
}

function canScroll(element: Element): boolean {
  const list = element.closest('.roster');
  const { scrollHeight, clientHeight } = document.documentElement;
  return scrollHeight - clientHeight > SCROLLS_PX || (list !== null && list.scrollHeight > list.clientHeight + 1);
}
