/** How much faster or slower the device's clock runs than the server's, estimated from samples over minutes. Pure. */

import type { TimeSample } from './clock-filter.ts';

const WINDOW_MS = 30_000;
const POINTS = 20;
const SPAN_MS = 180_000;
/** A larger drift means a broken clock or a wrong fit. */
const LIMIT = 200e-6;

/** A line through the best sample of each half minute, ten minutes long. */
export class DriftFit {
  #points: TimeSample[] = [];
  #begun = 0;

  /** Takes a sample. Of the samples of one window only the one with the shortest round trip counts. */
  add(point: TimeSample): void {
    const last = this.#points[this.#points.length - 1];
    if (!last || point.at - this.#begun >= WINDOW_MS) {
      this.#begun = point.at;
      this.#points = [...this.#points.slice(1 - POINTS), point];
    } else if (point.rtt <= last.rtt) {
      this.#points = [...this.#points.slice(0, -1), point];
    }
  }

  /**
   * The slope of the offset, a ratio (40e-6: the device loses 40 µs a second); 0 until the samples span three minutes.
   * Least squares, each point weighted by how little it can have queued.
   */
  slope(): number {
    const points = this.#points;
    const [first, last] = [points[0], points[points.length - 1]];
    if (!first || !last || last.at - first.at < SPAN_MS) return 0;
    const shortest = Math.min(...points.map(({ rtt }) => rtt));
    const mean = (of: (point: TimeSample) => number): number => sum(of) / sum(() => 1);
    const sum = (of: (point: TimeSample) => number): number =>
      points.reduce((all, point) => all + of(point) / (1 + point.rtt - shortest) ** 2, 0);
    const [at, offset] = [mean((point) => point.at), mean((point) => point.offset - first.offset) + first.offset];
    const slope = sum((point) => (point.at - at) * (point.offset - offset)) / sum((point) => (point.at - at) ** 2);
    return Math.max(-LIMIT, Math.min(LIMIT, slope));
  }
}
