/**
 * A UUIDv7 (RFC 9562, section 5.7) from an instant in Unix milliseconds and ten random bytes: unique without asking
 * anybody, sortable by time.
 */
export function uuidV7(unixMs: number, random: Uint8Array): string {
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
  const noise = Array.from(random, (byte) => hex(byte, 2)).join('');
  // The two bits of the variant, "10", before two random bits.
  const variant = '89ab'[(random[2] ?? 0) >> 6];
  const digits = `${hex(Math.floor(unixMs), 12)}7${noise.slice(0, 3)}${variant}${noise.slice(5)}`;
  return digits.replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/**
 * A fresh id. `getRandomValues` and not `randomUUID`, which browsers do not offer to pages over plain HTTP, such as
 * those of a server in a local network.
 */
export function freshId(unixMs: number): string {
  return uuidV7(unixMs, crypto.getRandomValues(new Uint8Array(10)));
}
