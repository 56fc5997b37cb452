import { type FocusEvent, useLayoutEffect, useRef } from 'react';

/** Where the focus goes on: the button that stands for what is most likely wanted, else a clock. */
const NEXT = ['.actions .primary', '.clock'];

/**
 * Where the button that has the focus leaves the page, as Pause does when it was pressed, the focus goes on to what
 * came instead. Returns handlers for the page within which that holds. Who has clicked beside everything has left it.
 */
export function useKeptFocus(): { onFocus: () => void; onBlur: (event: FocusEvent) => void } {
  const isWithin = useRef(false);
  // After every change, since any of them may have taken it away. React keeps to itself that an element lost the focus
  // by leaving.
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
