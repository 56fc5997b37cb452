import { useLayoutEffect, useRef } from 'react';

/** The part of the box's width that the text may take. */
const WIDE = 0.88;
/** A change of less than this is none, so that a measurement does not lead to the next one. */
const EXACT = 0.005;

/**
 * Makes a text as large as its box allows: 88 % of its width, or its whole height. It is measured again when the box or
 * the text gets another size, as by one more digit or a font that came late.
 */
export function useFit() {
  const box = useRef<HTMLDivElement>(null);
  const text = useRef<HTMLParagraphElement>(null);
  useLayoutEffect(() => {
    const [around, within] = [box.current, text.current];
    if (around === null || within === null) return;
    const fit = (): void => {
      const { width, height } = within.getBoundingClientRect();
      if (width === 0 || height === 0) return;
      const by = Math.min((WIDE * around.clientWidth) / width, around.clientHeight / height);
      if (Math.abs(by - 1) > EXACT) within.style.fontSize = `${parseFloat(getComputedStyle(within).fontSize) * by}px`;
    };
    fit();
    const sizes = new ResizeObserver(fit);
    sizes.observe(around);
    sizes.observe(within);
    return () => sizes.disconnect();
  }, []);
  return { box, text };
}
