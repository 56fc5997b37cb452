/** How wide digits are in their font, so that they can be as large as the space for them. */
import { useSyncExternalStore } from 'react';

/** Large enough that fractions of a pixel do not matter. */
const MEASURED_PX = 200;
/** The font and weight of `.clock-time`. */
const FONT = `500 ${MEASURED_PX}px 'Inter Digits'`;

const widths = new Map<string, number>();
let isLoaded = false;

/** The width of digits as a clock shows them, in units of their size. All digits are equally wide. */
export function useDigitsWidth(digits: string): number {
  // Measured again with the font itself, if it comes after the first digits.
  useSyncExternalStore(whenLoaded, () => isLoaded);
  const shape = digits.replace(/\d/g, '0');
  const known = widths.get(shape);
  if (known !== undefined) return known;
  const width = widthOf(shape);
  widths.set(shape, width);
  return width;
}

function whenLoaded(listener: () => void): () => void {
  let isWanted = !isLoaded;
  const tell = (): void => {
    if (!isLoaded) widths.clear();
    isLoaded = true;
    if (isWanted) listener();
  };
  // A font that can't be loaded leaves the digits in another one, whose widths are known already.
  if (isWanted) document.fonts.load(FONT, '0').then(tell, () => undefined);
  return () => {
    isWanted = false;
  };
}

function widthOf(shape: string): number {
  const probe = document.createElement('span');
  probe.className = 'clock-time number';
  probe.textContent = shape;
  Object.assign(probe.style, { position: 'absolute', visibility: 'hidden', whiteSpace: 'nowrap', fontSize: `${MEASURED_PX}px` });
  document.body.append(probe);
  const { width } = probe.getBoundingClientRect();
  probe.remove();
  return width / MEASURED_PX;
}
