/** A list of rows of one height, of which only those in sight are in the page. */
import { type ReactNode, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';

/** Rows beyond the edges of the screen, so that a fast scroll shows no gap. */
const BEYOND = 8;

interface VirtualListProps<Row> {
  label: string;
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  children: (row: Row) => ReactNode;
}

export function VirtualList<Row>({ label, rows, keyOf, children }: VirtualListProps<Row>) {
  const list = useRef<HTMLOListElement>(null);
  const [sight, setSight] = useState({ from: 0, to: 2 * BEYOND, height: 0 });
  const look = useCallback((): void => {
    // All rows have the height of the first one.
    const height = list.current?.firstElementChild?.getBoundingClientRect().height;
    if (list.current === null || height === undefined) return;
    const top = -list.current.getBoundingClientRect().top;
    const from = Math.max(0, Math.floor(top / height) - BEYOND);
    const to = Math.max(0, Math.ceil((top + window.innerHeight) / height) + BEYOND);
    setSight((before) => (before.from === from && before.to === to && before.height === height ? before : { from, to, height }));
  }, []);
  // Other rows, or another size of the letters.
  useLayoutEffect(look);
  useEffect(() => {
    addEventListener('scroll', look, { passive: true });
    addEventListener('resize', look);
    return () => {
      removeEventListener('scroll', look);
      removeEventListener('resize', look);
    };
  }, [look]);
  return (
    <ol ref={list} className="virtual" aria-label={label} style={{ height: rows.length * sight.height }}>
      {rows.slice(sight.from, sight.to).map((row, index) => (
        <li
          key={keyOf(row)}
          aria-setsize={rows.length}
          aria-posinset={sight.from + index + 1}
          style={{ transform: `translateY(${(sight.from + index) * sight.height}px)` }}
        >
          {children(row)}
        </li>
      ))}
    </ol>
  );
}
