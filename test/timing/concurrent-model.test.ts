import fc from 'fast-check';
import { playHall } from './concurrent-duel.ts';
import { halls, orders } from './random-halls.ts';

describe('concurrent clocks against a reference that counts each millisecond', () => {
  it('CC-60 random commands, instants, closings and outages in every mode lead to what the reference counts, and replay gives it again', function () {
    this.timeout(3_000_000);
    fc.assert(
      fc.property(halls, orders, (game, given) => void playHall(game, given)),
      { numRuns: Number(process.env['RUNS'] ?? 1_500) },
    );
  });
});
