import { useEffect, useRef, useState } from 'react';

/**
 * A value as it was `delayMs` ago. Without a delay it is the value itself; with one the first value is shown at once,
 * since nobody knows what was before it.
 */
export function useDelayed<Value>(value: Value | null, delayMs: number): Value | null {
  const [shown, setShown] = useState(value);
  const timers = useRef(new Set<ReturnType<typeof setTimeout>>());
  const isKnown = shown !== null;
  useEffect(() => {
    const waiting = timers.current;
    const timer = setTimeout(
      () => {
        waiting.delete(timer);
        setShown(value);
      },
      isKnown ? delayMs : 0,
    );
    waiting.add(timer);
    // What came before is shown in its time, so a newer value calls off nothing.
    // eslint-disable-next-line react-hooks/exhaustive-deps -- whether a value was shown does not make it a new one
  }, [value, delayMs]);
  useEffect(() => {
    const waiting = timers.current;
    return () => {
      for (const timer of waiting) clearTimeout(timer);
      waiting.clear();
    };
  }, []);
  return delayMs === 0 ? value : shown;
}
