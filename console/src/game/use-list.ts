import { type RefObject, useLayoutEffect, useRef, useState } from 'react';

/** The least height of a row, in rem; the same as in the style sheet. */
const ROW_REM = 4.5;

/**
 * Whether clocks don't fit the screen as panels, so that a list scrolls below the one whose turn it is. Returns a ref
 * for the element whose grid they stand in, and the answer, which is found anew when the window changes its size.
 */
export function useList(count: number): [ref: RefObject<HTMLElement | null>, isList: boolean] {
  const board = useRef<HTMLElement>(null);
  const [isList, setList] = useState(false);
  useLayoutEffect(() => {
    const find = (): void => setList(board.current !== null && !fits(board.current, count));
    find();
    addEventListener('resize', find);
    return () => removeEventListener('resize', find);
  }, [count]);
  return [board, isList];
}

function fits(board: HTMLElement, count: number): boolean {
  const root = document.documentElement;
  const { gridTemplateColumns, rowGap } = getComputedStyle(board);
  const rows = Math.ceil(count / gridTemplateColumns.split(' ').length);
  const beside = root.scrollHeight - board.offsetHeight;
  const row = ROW_REM * Number.parseFloat(getComputedStyle(root).fontSize);
  const gap = Number.parseFloat(rowGap) || 0;
  return rows * (row + gap) - gap <= innerHeight - beside;
}
