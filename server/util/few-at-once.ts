interface Waiting {
  enter(): void;
  giveUp(error: unknown): void;
}

interface Line {
  inside: number;
  waiting: Waiting[];
}

/**
 * Limits how many pieces of work of one key run at a time; the others wait in line, however long. Work of other keys
 * never waits for them.
 */
export class FewAtOnce {
  readonly #places: number;
  readonly #isOutage: (error: unknown) => boolean;
  readonly #lines = new Map<string, Line>();

  /**
   * @param places how many run at a time for each key
   * @param isOutage whether an error means an outage. Then all who wait in the line are rejected with it at once;
   * otherwise each would meet the same outage only after waiting for those before it.
   */
  constructor(places: number, isOutage: (error: unknown) => boolean = () => false) {
    this.#places = places;
    this.#isOutage = isOutage;
  }

  /**
   * Runs `work` when there is a place for it. Rejects as it does, or with the outage that earlier work of the line met.
   */
  async run<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const line = this.#lines.get(key) ?? { inside: 0, waiting: [] };
    this.#lines.set(key, line);
    if (line.inside < this.#places) line.inside += 1;
    else await new Promise<void>((enter, giveUp) => line.waiting.push({ enter, giveUp }));
    try {
      return await work();
    } catch (error) {
      if (this.#isOutage(error)) for (const waiting of line.waiting.splice(0)) waiting.giveUp(error);
      throw error;
    } finally {
      const next = line.waiting.shift();
      if (next !== undefined) {
        next.enter();
      } else {
        line.inside -= 1;
        if (line.inside === 0) this.#lines.delete(key);
      }
    }
  }
}
