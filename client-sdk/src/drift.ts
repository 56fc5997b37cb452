/** How much faster or slower the device's clock runs than the server's, estimated from samples over minutes. Pure. */

interface Point {
  /** The device's monotonic clock, ms. */
  at: number;
  /** Server time minus that, ms. */
  offset: number;
  /** Round trip, ms: what is above the shortest one was spent in queues. */
  rtt: number;
}

const WINDOW_MS = 30_000;
const POINTS = 20;
const SPAN_MS = 180_000;
/** A larger drift means a broken clock or a wrong fit. */
const LIMIT = 200e-6;

/** A line through the best sample of each half minute, ten minutes long. */
export class DriftFit {
  #points: Point[] = [];
  #begun = 0;

  add(point: Point): void {
    const last = this.#points[this.#points.length - 1];
    if (last === undefined || point.at - this.#begun >= WINDOW_MS) {
      this.#begun = point.at;
      this.#points = [...this.#points.slice(1 - POINTS), point];
    } else if (point.rtt <= last.rtt) {
      this.#points[this.#points.length - 1] = point;
    }
  }

  /**
   * The slope of the offset, a ratio (40e-6: the device loses 40 µs a second); 0 until the samples span three minutes.
   * Least squares, each point weighted by how little it can have queued.
   */
  slope(): number {
    const points = this.#points;
    const [first, last] = [points[0], points[points.length - 1]];
    if (first === undefined || last === undefined || last.at - first.at < SPAN_MS) return 0;
    const shortest = Math.min(...points.map(({ rtt }) => rtt));
    let weights = 0;
    let times = 0;
    let offsets = 0;
    let squares = 0;
    let products = 0;
    for (const { at, offset, rtt } of points) {
      const weight = 1 / (1 + rtt - shortest) ** 2;
      const time = at - first.at;
      const gap = offset - first.offset;
      weights += weight;
      times += weight * time;
      offsets += weight * gap;
      squares += weight * time * time;
      products += weight * time * gap;
    }
    const above = weights * products - times * offsets;
    const below = weights * squares - times * times;
    return below === 0 ? 0 : Math.max(-LIMIT, Math.min(LIMIT, above / below));
  }
}
