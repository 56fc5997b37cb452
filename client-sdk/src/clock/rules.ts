/**
 * The differences between the versions of the rules. The rules lead from one state of a session to the next; each event
 * notes the version by which it was made, and is judged by that version for ever. CONTRIBUTING.md has the recipe for a
 * new version.
 */
export interface Rules {
  version: number;
  /** Whether a switch earns the increment although the turn stays with the same group. */
  incrementWithinGroup: boolean;
}

/** The rules of events that name none. */
const FIRST: Rules = { version: 1, incrementWithinGroup: true };

/** The rules of everything that happens now. */
export const PRESENT_RULES: Rules = { ...FIRST, version: 2, incrementWithinGroup: false };

const VERSIONS: readonly Rules[] = [FIRST, PRESENT_RULES];

/** The rules of a version, the first where none is named; undefined for one that only a newer program knows. */
export function rulesOf(version: number | null | undefined): Rules | undefined {
  return VERSIONS.find((rules) => rules.version === (version ?? FIRST.version));
}
