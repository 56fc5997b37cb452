import { type RefObject, useLayoutEffect, useRef, useState } from 'react';

/** The least height of a row, and below which a panel becomes a row, in rem. The same as in the style sheet. */
const ROW_REM = 4.5;
const PANEL_REM = 9.75;
/** The least share of the window's height that the clock above a list has. The same as in the style sheet. */
const FIRST = 0.3;

/**
 * Whether so many clocks are shown as a list below the one whose turn it is: those that don't fit the screen, and those
 * that would all be low rows. Returns a ref for the element whose grid they stand in, and the answer, which is found
 * anew when the window changes its size.
 */
export function useList(count: number): [ref: RefObject<HTMLElement | null>, isList: boolean] {
  const board = useRef<HTMLElement>(null);
  const [isList, setList] = useState(false);
  useLayoutEffect(() => {
    const find = (): void => setList(board.current !== null && count > 2 && needsList(board.current, count));
    find();
    addEventListener('resize', find);
    return () => removeEventListener('resize', find);
  }, [count]);
  return [board, isList];
}

function needsList(board: HTMLElement, count: number): boolean {
  const root = document.documentElement;
  const { gridTemplateColumns, rowGap } = getComputedStyle(board);
  const columns = gridTemplateColumns.split(' ').length;
  const rem = Number.parseFloat(getComputedStyle(root).fontSize);
  const gap = Number.parseFloat(rowGap) || 0;
  const space = innerHeight - (root.scrollHeight - board.offsetHeight);
  /** The height of so many clocks, each at least so high. */
  const high = (clocks: number, least: number): number => Math.ceil(clocks / columns) * (least + gap) - gap;
  if (high(count, PANEL_REM * rem) <= space) return false;
  const withFirst = Math.max(PANEL_REM * rem, FIRST * innerHeight) + gap + high(count - 1, ROW_REM * rem);
  return high(count, ROW_REM * rem) > space || withFirst <= space;
}
