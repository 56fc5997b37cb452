import Mocha from 'mocha';

/** Mocha's usual output, with one more line at the end that programs can read. */
export default class CountingReporter extends Mocha.reporters.Spec {
  override epilogue(): void {
    super.epilogue();
    console.log(`${this.stats.passes} passed, ${this.stats.failures} failed`);
  }
}
