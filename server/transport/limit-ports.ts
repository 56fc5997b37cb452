/** The interfaces of limits that all instances share. The store implements them; app.ts connects the two. */

/** What is left of a limit after one more use. */
export interface Quota {
  allowed: boolean;
  /** Uses in a window, or in a burst. */
  limit: number;
  remaining: number;
  /** Until the window ends, or until a use is available again, ms. */
  resetMs: number;
}

/** A limit that all instances share. `User` identifies those whose uses are counted together. */
export interface SharedLimit<User = string> {
  /** Counts a use and returns what is left; synchronously if this instance knows that nothing is. Never rejects. */
  consume(user: User): Quota | Promise<Quota>;
  /** Counts further uses, for what a use has cost. Nothing waits for it. */
  charge(user: User, uses: number): void;
}

/** A use that is being counted. Never rejects. */
export interface Use {
  /** What is left afterwards; synchronous if this instance knows that nothing is. */
  quota: Quota | Promise<Quota>;
  /**
   * Whether this instance, by the last answer and its own uses since, has uses left. It does not know of other
   * instances' uses since then.
   */
  credit: boolean;
}

/**
 * A limit that all instances share and that refills steadily, so that it allows bursts. `User` identifies those whose
 * uses are counted together.
 */
export interface BurstLimit<User = string> {
  consume(user: User): Use;
  /** Asks what is left without counting a use, so that `credit` is right afterwards. Never rejects. */
  look(user: User): Promise<void>;
}

/** Identifies switches that are counted together: those of a sender in a session. */
export interface Switcher {
  sessionId: string;
  sender: string;
}

/**
 * Places for an owner's sessions. Every call, of a place too, throws StoreUnavailableError when Redis does not answer
 * or refuses.
 */
export interface OwnedSessions {
  /**
   * Takes a place for a session that is to be created; null if unfinished sessions take them all. Creates of one id
   * share a place.
   */
  claim(owner: string, sessionId: string): Promise<Place | null>;
}

/** A create's claim to a place. It ends by itself if no session is created. */
export interface Place {
  /** Call this when the session was created, since that may have taken longer than a claim lasts. */
  keep(): Promise<void>;
  /** Gives the claim back if no session was created. */
  release(): Promise<void>;
}
