/** The session whose creator wants to invite others as soon as it is there. */
let session: string | null = null;

/** Notes that the page of a session is to open with the ways to share it; `null` that it did. */
export function invite(sessionId: string | null): void {
  session = sessionId;
}

export function isInvitedTo(sessionId: string): boolean {
  return session === sessionId;
}
