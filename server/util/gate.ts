/** Lets some pieces of work run at a time; the others wait in line, but not for ever. */
export class Gate {
  readonly #patienceMs: number;
  readonly #line = new Set<() => void>();
  #places: number;

  constructor({ places, patienceMs }: { places: number; patienceMs: number }) {
    this.#places = places;
    this.#patienceMs = patienceMs;
  }

  /** Runs `work` when there is a place for it. Null, and nothing is run, where there is none in time. */
  async run<Result>(work: () => Promise<Result>): Promise<Result | null> {
    if (this.#places > 0) this.#places -= 1;
    else if (!(await this.#wait())) return null;
    try {
      return await work();
    } finally {
      const [next] = this.#line;
      if (next === undefined) this.#places += 1;
      else next();
    }
  }

  /** Whether there came to be a place, which is then taken. */
  #wait(): Promise<boolean> {
    return new Promise((resolve) => {
      const enter = () => {
        clearTimeout(timer);
        this.#line.delete(enter);
        resolve(true);
      };
      const timer = setTimeout(() => {
        this.#line.delete(enter);
        resolve(false);
      }, this.#patienceMs);
      this.#line.add(enter);
    });
  }
}
