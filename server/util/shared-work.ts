interface UnderWay<Result> {
  ended: Promise<void>;
  /** The next run, which begins when this one has ended, for all who asked meanwhile. */
  next?: Promise<Result>;
}

/**
 * Shares one result between all who ask for the same thing at once. Nobody gets the result of work that began before
 * they asked: whoever asks during a run waits for its end and shares the next run. So for each key one run is active,
 * and at most one more waits.
 */
export class SharedWork<Result> {
  readonly #underWay = new Map<string, UnderWay<Result>>();

  /**
   * Runs `work` at once; or, if work of the same key is running, once for all who ask meanwhile when that has ended,
   * however it ended. Rejects as the shared run does.
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
