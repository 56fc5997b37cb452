interface Waiting {
  key: string | undefined;
  enter(): void;
}

/** Limits how many pieces of work run at a time, one for each key; the others wait in line for a limited time. */
export class Gate {
  readonly #patienceMs: number;
  readonly #line = new Set<Waiting>();
  readonly #busy = new Set<string>();
  #places: number;

  constructor({ places, patienceMs }: { places: number; patienceMs: number }) {
    this.#places = places;
    this.#patienceMs = patienceMs;
  }

  /**
   * Runs `work` when there is a place for it. Returns null without running it if there is none in time.
   * @param key whose work it is. Each key has one place at most, so that a long line of one key holds up no other.
   */
  async run<Result>(work: () => Promise<Result>, key?: string): Promise<Result | null> {
    if (this.#places > 0 && this.#isFree(key)) this.#take(key);
    else if (!(await this.#wait(key))) return null;
    try {
      return await work();
    } finally {
      this.#giveBack(key);
    }
  }

  #isFree(key: string | undefined): boolean {
    return key === undefined || !this.#busy.has(key);
  }

  #take(key: string | undefined): void {
    this.#places -= 1;
    if (key !== undefined) this.#busy.add(key);
  }

  #giveBack(key: string | undefined): void {
    this.#places += 1;
    if (key !== undefined) this.#busy.delete(key);
    for (const waiting of this.#line) if (this.#isFree(waiting.key)) return waiting.enter();
  }

  /** Whether a place became free; it is taken then. */
  #wait(key: string | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      const leave = (entered: boolean) => {
        clearTimeout(timer);
        this.#line.delete(waiting);
        if (entered) this.#take(key);
        resolve(entered);
      };
      const waiting: Waiting = { key, enter: () => leave(true) };
      const timer = setTimeout(leave, this.#patienceMs, false);
      this.#line.add(waiting);
    });
  }
}
