/**
 * Keeps the second press of a double click from something that appeared under the pointer meanwhile: a sheet, another
 * page, the clock below a sheet.
 */

const GUARD_MS = 300;
/** How far the pointer moves between the two presses at most. */
const SAME_PLACE_PX = 24;

/**
 * Installs this for the whole page. Both presses on the same element pass; the element decides whether they count
 * twice.
 */
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
  // A click without a press came from a key.
  addEventListener('click', (event) => isIgnored && event.detail !== 0 && stop(event), true);
}

function isNear(a: PointerEvent, b: PointerEvent): boolean {
  return Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) < SAME_PLACE_PX;
}
