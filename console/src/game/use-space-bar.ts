import { useEffect, useEffectEvent } from 'react';
import { PRESS_GUARD_MS } from './press.ts';

/** Keys that move the focus. If it was moved otherwise, the user did not reach a button by key. */
const MOVES_FOCUS = new Set(['Tab', 'ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight']);

/**
 * Calls `act` when the space bar goes down, unless it has another meaning: in fields, on links, while a sheet is open,
 * and on buttons other than clocks that were reached by key. After a click the button has the focus too, but then the
 * space bar is meant for the clock.
 */
export function useSpaceBar(act: () => void): void {
  const onSpace = useEffectEvent(act);
  useEffect(() => {
    let byKey = false;
    let meantOtherwiseAt = -Infinity;
    let isOurs = false;
    const onKeyDown = (event: KeyboardEvent): void => {
      if (MOVES_FOCUS.has(event.key)) byKey = true;
      const on = event.target instanceof Element ? event.target : document.body;
      // A key that is held would press again and again.
      if (event.repeat && (event.key === 'Enter' || event.key === ' ') && on.closest('button, a') !== null) event.preventDefault();
      if (event.key !== ' ' || event.repeat) return;
      isOurs = false;
      const fields = byKey ? 'input, textarea, select, a, summary, button:not(.clock)' : 'input, textarea, select, a, summary';
      if (
        event.ctrlKey ||
        event.altKey ||
        event.metaKey ||
        on.closest(fields) !== null ||
        document.querySelector('dialog[open]') !== null
      ) {
        meantOtherwiseAt = event.timeStamp;
        return;
      }
      isOurs = true;
      event.preventDefault();
      event.stopPropagation();
      if (event.timeStamp - meantOtherwiseAt >= PRESS_GUARD_MS) onSpace();
    };
    // A button acts when the key is lifted.
    const onKeyUp = (event: KeyboardEvent): void => {
      if (event.key === ' ' && isOurs) event.preventDefault();
    };
    const onPointerDown = (): void => {
      byKey = false;
    };
    // Before what the key is pressed on.
    addEventListener('keydown', onKeyDown, true);
    addEventListener('keyup', onKeyUp, true);
    addEventListener('pointerdown', onPointerDown, true);
    return () => {
      removeEventListener('keydown', onKeyDown, true);
      removeEventListener('keyup', onKeyUp, true);
      removeEventListener('pointerdown', onPointerDown, true);
    };
  }, []);
}
