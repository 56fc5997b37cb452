/** Handshakes in one turn of the event loop. */
const AT_ONCE = 8;

/**
 * Lets handshakes in a few at a time when very many come at once, so that whoever is in already is not held up by those
 * who come: between two turns the event loop looks after everything else. Nobody waits where there is no crowd.
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
