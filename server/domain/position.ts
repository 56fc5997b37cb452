/** Where a session stands among its versions. */
export interface Position {
  epoch: number;
  version: number;
}

/** Whether both are the same. */
export function isSamePosition(a: Position, b: Position): boolean {
  return a.epoch === b.epoch && a.version === b.version;
}

/** Whether `a` comes after `b`. An epoch is a bigint where it was read from PostgreSQL. */
export function isAfter<Epoch extends number | bigint>(
  a: { epoch: Epoch; version: number },
  b: { epoch: Epoch; version: number },
): boolean {
  return a.epoch > b.epoch || (a.epoch === b.epoch && a.version > b.version);
}
