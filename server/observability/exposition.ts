import type { Metrics } from './metrics.ts';

/** Rendering the metrics takes about 2 ms, so endless requests use 2 % of a core at most. */
const FRESH_A_SECOND = 10;

/** What `/metrics` answers. */
export interface Exposition {
  contentType: string;
  /**
   * The metrics as text, with a new value of `ready`. Beyond ten texts a second the last one is repeated, so no value
   * is older than a second. Rejects if `readiness` does.
   */
  text(): Promise<string>;
}

/** Creates the text of `/metrics` at a limited rate. */
export function createExposition(
  { registry, ready }: Pick<Metrics, 'registry' | 'ready'>,
  readiness: () => Promise<{ ready: boolean }>,
): Exposition {
  let windowEnds = 0;
  let fresh = 0;
  let last: Promise<string> | undefined;
  const render = async () => {
    ready.set((await readiness()).ready ? 1 : 0);
    return registry.metrics();
  };
  return {
    contentType: registry.contentType,
    text() {
      const now = performance.now();
      if (now >= windowEnds) {
        windowEnds = now + 1_000;
        fresh = 0;
      }
      if (last === undefined || fresh < FRESH_A_SECOND) {
        fresh += 1;
        last = render();
      }
      return last;
    },
  };
}
