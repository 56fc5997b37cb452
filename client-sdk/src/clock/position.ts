/** Where a state stands among all states of its id: epoch first, version within it. */
export interface Position {
  epoch: number;
  version: number;
}

/** Whether both are the same position. */
export function isSamePosition(a: Position, b: Position): boolean {
  return a.epoch === b.epoch && a.version === b.version;
}

type Stored<Epoch> = { epoch: Epoch; version: number } | null | undefined;

/**
 * Whether `a` comes after `b`. A missing position comes before any other. An epoch is a bigint where it was read from
 * PostgreSQL.
 */
export function isAfter<Epoch extends number | bigint>(a: Stored<Epoch>, b: Stored<Epoch>): boolean {
  return a != null && (b == null || a.epoch > b.epoch || (a.epoch === b.epoch && a.version > b.version));
}
