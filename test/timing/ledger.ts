import { expect } from 'chai';

/** Why a bucket holds more or less than before. */
export type Entry = 'given' | 'refilled' | 'adjusted' | 'charged' | 'lost';

/** The books of one clock: for each bucket, how many ms went in and out, and why. */
export class Ledger {
  readonly #accounts = new Map<string, Record<Entry, number>>();

  /** Books `ms` for a bucket; of `charged` a negative amount was given back. */
  book(bucket: string, entry: Entry, ms: number): void {
    const account = this.#accounts.get(bucket) ?? { given: 0, refilled: 0, adjusted: 0, charged: 0, lost: 0 };
    account[entry] += ms;
    this.#accounts.set(bucket, account);
  }

  /** A bucket is filled anew: what was left of it is lost. */
  renew(bucket: string, entry: 'given' | 'refilled', left: number, whole: number): void {
    this.book(bucket, 'lost', left);
    this.book(bucket, entry, whole);
  }

  /** What all buckets together were charged. */
  get charged(): number {
    return [...this.#accounts.values()].reduce((sum, { charged }) => sum + charged, 0);
  }

  /** Each bucket holds what it was given, refilled and adjusted by, less what it was charged and what was lost. */
  expectToHold(lefts: ReadonlyMap<string, number>, at: string): void {
    for (const [bucket, { given, refilled, adjusted, charged, lost }] of this.#accounts) {
      expect(lefts.get(bucket) ?? 0, `${at}: what ${bucket} holds`).to.equal(given + refilled + adjusted - charged - lost);
    }
    for (const bucket of lefts.keys()) expect([...this.#accounts.keys()], at).to.include(bucket);
  }
}
