interface UnderWay<Result> {
  ended: Promise<void>;
  /** What begins when it has ended, for all who asked meanwhile. */
  next?: Promise<Result>;
}

/**
 * Lets many who ask for one thing at once share its result. Nobody gets the result of work that began before they
 * asked: whoever comes while it runs waits for its end and shares the next run. So of each key one piece of work runs
 * at a time, and at most one more waits.
 */
export class SharedWork<Result> {
  readonly #underWay = new Map<string, UnderWay<Result>>();

  /**
   * Runs `work` at once, or with the others who ask meanwhile when that of the same key has ended, whatever came of it.
   * Rejects as the shared run does.
   */
  run(key: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#underWay.get(key);
    if (before === undefined) return this.#begin(key, work);
    return (before.next ??= before.ended.then(() => this.#begin(key, work)));
  }

  #begin(key: string, work: () => Promise<Result>): Promise<Result> {
    const result = work();
    const end = () => {
      if (mine.next === undefined) this.#underWay.delete(key);
    };
    const mine: UnderWay<Result> = { ended: result.then(end, end) };
    this.#underWay.set(key, mine);
    return result;
  }
}
