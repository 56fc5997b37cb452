/** Presses count when something goes down, as on a chess clock, and a double one counts once. */
import { type KeyboardEvent, type MouseEvent, type PointerEvent, useEffect, useReducer, useRef, useState } from 'react';

/** A double click has its two presses about this far apart, and a person who means two things takes longer. As the hooks of the SDK have it. */
export const PRESS_GUARD_MS = 300;
/** A page that scrolls by more than this is scrolled by touching what is on it. */
const SCROLLS_PX = 64;

export interface PressGuard {
  /** Whether buttons are not to be pressed yet, since a command was given or they have got another meaning less than 300 ms ago. */
  rests: boolean;
  /** The same for what ends the turn of whoever is active, which a new turn gives another meaning. */
  turnRests: boolean;
  /** Gives a command, unless another one was given less than 300 ms ago. */
  press: (command: () => void) => void;
}

/** Of a game: `status` is what its buttons depend on, empty while there are none, and `turn` whose turn they end, null for nobody's. */
export function usePressGuard(status: string, turn: string | null): PressGuard {
  const [presses, count] = useReducer((before: number) => before + 1, 0);
  const pressedAt = useRef(-Infinity);
  const rests = [useIsNew(status), useIsNew(String(presses))].includes(true);
  const turnRests = useIsNew(turn ?? '') || rests;
  const press = (command: () => void): void => {
    const now = performance.now();
    if (now - pressedAt.current < PRESS_GUARD_MS) return;
    pressedAt.current = now;
    count();
    command();
  };
  return { rests, turnRests, press };
}

/** Whether a value has changed within the last 300 ms. What comes after nothing is no change: there was nothing to press. */
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

/** Handlers of a button that acts when mouse, finger or key goes down. A finger that may be about to scroll acts when it is lifted. */
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
