import { useEffect, useEffectEvent } from 'react';

/** Calls `act` when the space bar goes down, except where it already means something: in fields, on links, on buttons other than clocks, and while a sheet is open. */
export function useSpaceBar(act: () => void): void {
  const onKeyDown = useEffectEvent((event: KeyboardEvent) => {
    const taken =
      event.target instanceof Element && event.target.closest('input, textarea, select, a, summary, button:not(.clock)') !== null;
    if (event.key !== ' ' || taken || event.ctrlKey || event.altKey || event.metaKey) return;
    if (document.querySelector('dialog[open]') !== null) return;
    event.preventDefault();
    if (!event.repeat) act();
  });
  useEffect(() => {
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, []);
}
