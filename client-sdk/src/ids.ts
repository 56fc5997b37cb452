/**
 * A UUIDv7 (RFC 9562, section 5.7) from an instant in Unix milliseconds and ten random bytes: unique without asking
 * anybody, sortable by time.
 */
export function uuidV7(unixMs: number, random: Uint8Array): string {
  const time = Math.floor(unixMs).toString(16).padStart(12, '0');
  const noise = Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('');
  // The two bits of the variant, "10", before two random bits.
  const variant = '89ab'[(random[2] ?? 0) >> 6];
  return `${time.slice(0, 8)}-${time.slice(8)}-7${noise.slice(0, 3)}-${variant}${noise.slice(5, 8)}-${noise.slice(8)}`;
}

/**
 * A fresh id. `getRandomValues` and not `randomUUID`, which browsers do not offer to pages over plain HTTP, such as
 * those of a server in a local network.
 */
export function freshId(unixMs: number): string {
  return uuidV7(unixMs, crypto.getRandomValues(new Uint8Array(10)));
}
