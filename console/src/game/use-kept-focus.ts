import { type FocusEvent, useLayoutEffect, useRef } from 'react';

/** Where the focus moves to: the main button, else a clock. */
const NEXT = ['.actions .primary', '.clock'];

/**
 * When the focused button leaves the page, as Pause does after a press, moves the focus to what replaced it. Returns
 * handlers for the page. A click beside everything ends this.
 */
export function useKeptFocus(): { onFocus: () => void; onBlur: (event: FocusEvent) => void } {
  const isWithin = useRef(false);
  // After every change, since any may have removed it. React does not report that an element lost the focus by its
  // removal.
  useLayoutEffect(() => {
    const isNowhere = document.activeElement === null || document.activeElement === document.body;
    if (!isNowhere || !isWithin.current) return;
    const next = NEXT.map((selector) => document.querySelector<HTMLElement>(selector)).find((found) => found !== null);
    next?.focus({ preventScroll: true });
  });
  return {
    onFocus: () => {
      isWithin.current = true;
    },
    onBlur: (event) => {
      isWithin.current = event.relatedTarget !== null;
    },
  };
}
