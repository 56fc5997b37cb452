/** Handshakes in one turn of the event loop. */
const AT_ONCE = 8;

/**
 * Accepts a few handshakes in each turn of the event loop when very many come at once, so that they do not hold up
 * those who are connected. Few handshakes do not wait.
 */
export function createHandshakeThrottle(): (enter: () => void) => void {
  const waiting: (() => void)[] = [];
  const open = () => {
    for (const enter of waiting.splice(0, AT_ONCE)) enter();
    if (waiting.length > 0) setImmediate(open);
  };
  return (enter) => {
    if (waiting.push(enter) === 1) setImmediate(open);
  };
}
