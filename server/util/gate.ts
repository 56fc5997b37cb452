interface Waiting {
  key: string | undefined;
  enter(): void;
}

/** Lets some pieces of work run at a time, of each key one; the others wait in line, but not for ever. */
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
   * Runs `work` when there is a place for it. Null, and nothing is run, where there is none in time.
   * @param key whose work it is: nobody has two places, so that a line of one's own holds nobody else up
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

  /** Whether there came to be a place, which is then taken. */
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
