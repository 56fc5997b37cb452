/** States that later lines refer to instead of repeating them. */
const REMEMBERED = 3;

/**
 * The text of a sequence. A state that was shown stands in later lines as «version@epoch», where it is the same to the
 * byte.
 */
export class Transcript {
  readonly lines: string[] = [];
  #states: { name: string; text: string }[] = [];

  /** Adds a line. */
  say(line: string): void {
    this.lines.push(this.shortened(line));
  }

  /** A text with the states that were shown by their names. */
  shortened(line: string): string {
    let short = line;
    for (const { name, text } of this.#states) if (short.length >= text.length) short = short.replaceAll(text, () => name);
    return short;
  }

  /** Shows a state, and gives it a name. */
  show(text: string, { version, epoch }: { version: number; epoch: number }): void {
    const name = `«${version}@${epoch}»`;
    if (this.#states.some((one) => one.text === text)) return;
    this.lines.push(`state ${name} ${text}`);
    this.#states = [{ name, text }, ...this.#states.slice(0, REMEMBERED - 1)];
  }

  get text(): string {
    return `${this.lines.join('\n')}\n`;
  }
}
