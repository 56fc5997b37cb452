/** The ports of limits that all instances share. The store implements them; app.ts connects the two. */

/** What is left of a limit after one more use. */
export interface Quota {
  allowed: boolean;
  /** Uses in a window, or in a burst. */
  limit: number;
  remaining: number;
  /** Until the window ends, or until a use is back, ms. */
  resetMs: number;
}

/** A limit that all instances share. `User`: whose uses are counted together. */
export interface SharedLimit<User = string> {
  /**
   * Counts a use. What is left afterwards; at once where this instance knows already that there is nothing. Never
   * rejects.
   */
  consume(user: User): Quota | Promise<Quota>;
  /** Counts so many further uses, for what a use has cost; nobody waits for that. */
  charge(user: User, uses: number): void;
}

/** A use on its way to be counted. Never rejects. */
export interface Use {
  /** What is left afterwards; at once where this instance knows already that there is nothing. */
  quota: Quota | Promise<Quota>;
  /**
   * Whether this instance, by what it was told last and did since, has uses left. It can't know of what others did
   * meanwhile.
   */
  credit: boolean;
}

/**
 * A limit that all instances share and that refills steadily, so that it has room for bursts. `User`: whose uses are
 * counted together.
 */
export interface BurstLimit<User = string> {
  consume(user: User): Use;
  /** Asks what is left and counts nothing, so that `credit` is true to it. Never rejects. */
  look(user: User): Promise<void>;
}

/** Whose switches are counted together: those of a sender in a session. */
export interface Switcher {
  sessionId: string;
  sender: string;
}

/**
 * Places for an owner's sessions. Every call, those of a place too, throws StoreUnavailableError when Redis can't do
 * its part.
 */
export interface OwnedSessions {
  /**
   * Takes a place for a session that is to be made; null where all are taken by sessions that have not ended. Creates
   * of one id share a place.
   */
  claim(owner: string, sessionId: string): Promise<Place | null>;
}

/** One create's claim to a place. It is given up by itself where no session comes of it. */
export interface Place {
  /** To be called when the session was made, since that may have taken longer than a claim is good for. */
  keep(): Promise<void>;
  /** Gives the claim back where no session was made by it. */
  release(): Promise<void>;
}
