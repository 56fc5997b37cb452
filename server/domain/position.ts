/** Where a session stands among its versions. */
export interface Position {
  epoch: number;
  version: number;
}

/** Whether both are the same. */
export function isSamePosition(a: Position, b: Position): boolean {
  return a.epoch === b.epoch && a.version === b.version;
}

/** Whether `a` comes after `b`. */
export function isAfter(a: Position, b: Position): boolean {
  return a.epoch > b.epoch || (a.epoch === b.epoch && a.version > b.version);
}
