interface Line {
  inside: number;
  waiting: (() => void)[];
}

/**
 * Lets few pieces of work for one key run at a time; the others wait in line, however long. What is done for other keys
 * never waits for them.
 */
export class FewAtOnce {
  readonly #places: number;
  readonly #lines = new Map<string, Line>();

  /** @param places how many run at a time, of each key */
  constructor(places: number) {
    this.#places = places;
  }

  async run<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const line = this.#lines.get(key) ?? { inside: 0, waiting: [] };
    this.#lines.set(key, line);
    if (line.inside < this.#places) line.inside += 1;
    else await new Promise<void>((enter) => line.waiting.push(enter));
    try {
      return await work();
    } finally {
      const next = line.waiting.shift();
      if (next !== undefined) {
        next();
      } else {
        line.inside -= 1;
        if (line.inside === 0) this.#lines.delete(key);
      }
    }
  }
}
