/** The interface by which join codes are stored. The store implements it; app.ts connects the two. */
import type { CodeWay } from '#contract';

/** What a join code leads to. */
export interface CodeEntry {
  session_id: string;
  way: CodeWay;
  participant_id: string | null;
  /** The share link that whoever opens it gets; null where nobody is asked who they are. */
  link_id: string | null;
  /** Unix ms. */
  expires: number;
}

/**
 * Join codes and the limit of wrong ones. Every call throws StoreUnavailableError when Redis does not answer or
 * refuses.
 */
export interface CodeStore {
  /** False if there is such a code already. */
  add(code: string, entry: CodeEntry): Promise<boolean>;
  find(code: string): Promise<CodeEntry | null>;
  /** The code that was added last for a way into a session; it may have ended. */
  last(entry: Pick<CodeEntry, 'session_id' | 'way' | 'participant_id'>): Promise<string | null>;
  /** Takes a try of an address before its code is looked up. Returns how long it has to wait, ms; 0 if it has one. */
  takeTry(address: string): Promise<number>;
  /** Gives a try back, since its code was right. */
  giveBack(address: string): Promise<void>;
}
