/** The program was called wrongly. The message is one line that says what to write. */
export class UsageError extends Error {
  override name = 'UsageError';
}
