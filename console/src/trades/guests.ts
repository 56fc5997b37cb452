/**
 * An id for somebody who joins. It is random, since two may join at the same moment, and an id that is there already
 * would change whoever has it.
 */
export function freshGuest(): string {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  return `guest-${high.toString(36)}${low.toString(36)}`;
}
