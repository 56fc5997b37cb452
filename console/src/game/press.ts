/** Presses count when something goes down, as on a chess clock, and a double one counts once. */
import { type KeyboardEvent, type MouseEvent, type PointerEvent, useEffect, useReducer, useRef, useState } from 'react';

/**
 * A double click has its two presses about this far apart, and a person who means two things takes longer. As the hooks
 * of the SDK have it.
 */
export const PRESS_GUARD_MS = 300;
/** Within so long, a change is what one's own press has brought about. */
const OWN_CHANGE_MS = 2_000;
const INPUTS = ['pointerdown', 'keydown'] as const;
/** A page that scrolls by more than this is scrolled by touching what is on it. */
const SCROLLS_PX = 64;

export interface PressGuard {
  /**
   * Whether buttons are not to be pressed yet, since a command was given or they have got another meaning less than 300
   * ms ago.
   */
  rests: boolean;
  /** The same for what ends the turn of whoever is active, which a new turn gives another meaning. */
  turnRests: boolean;
  /** Gives a command, unless it comes too soon after another one, or after what was pressed has got another meaning. */
  press: (command: () => void, endsTurn?: boolean) => void;
}

/**
 * Of a game: `status` is what its buttons depend on, empty while there are none, and `turn` whose turn they end, null
 * for nobody's.
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
    // Who has just clicked a button and then goes on by key knows what the key means now.
    const goesOnByKey = by === 'keydown' && last.current.by === 'pointerdown' && since < OWN_CHANGE_MS;
    if ((endsTurn ? turnRests : rests) && !goesOnByKey) return;
    last.current = { at, by };
    count();
    command();
  };
  return { rests, turnRests, press };
}

/**
 * Whether a value has changed within the last 300 ms. What comes after nothing is no change: there was nothing to
 * press.
 */
function useIsNew(value: string): boolean {
  const [known, setKnown] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setKnown(value), PRESS_GUARD_MS);
    return () => clearTimeout(timer);
  }, [value]);
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
    // By the Enter key, and by what assists people, there is no press before it.
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
