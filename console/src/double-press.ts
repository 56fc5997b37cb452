/**
 * Keeps the second press of a double click from what has come up under the pointer meanwhile: a sheet, another page,
 * the clock below a sheet.
 */

const GUARD_MS = 300;
/** How far a hand moves between the two. */
const SAME_PLACE_PX = 24;

/** For the whole page. Presses on one and the same element pass; whether they count twice is for that to say. */
export function ignoreDoublePresses(): void {
  let last: PointerEvent | undefined;
  let isIgnored = false;
  const stop = (event: Event): void => {
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  addEventListener(
    'pointerdown',
    (event) => {
      const isSecond = last !== undefined && event.timeStamp - last.timeStamp < GUARD_MS && isNear(last, event);
      isIgnored = isSecond && event.target !== last?.target;
      if (isIgnored) stop(event);
      else last = event;
    },
    true,
  );
  // A click without a press is by key.
  addEventListener('click', (event) => isIgnored && event.detail !== 0 && stop(event), true);
}

function isNear(a: PointerEvent, b: PointerEvent): boolean {
  return Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) < SAME_PLACE_PX;
}
