import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { MODES } from './games.ts';
import { play } from './play.ts';
import { fileOf, legible, Players, recordedHashes, recordedTexts, SEQUENCES } from './recording.ts';

/**
 * In a run of all tests every fourth sequence of each mode is played, since all of them compute for more than a minute.
 * A run of this file, which `.ci/run` makes too, plays each.
 */
const EVERY = process.env['TEST_PREPARE'] === undefined ? 1 : 4;
/** A machine that does other things besides takes several times as long as one that doesn't. */
const DEADLINE_MS = 300_000;

describe('the recorded corpus', function () {
  this.timeout(DEADLINE_MS);
  let players: Players;
  before(() => {
    players = new Players();
  });
  after(() => players.close());

  for (const [place, mode] of MODES.entries()) {
    it(`T-140 the recorded sequences in ${mode} come out as they were recorded, byte for byte`, async () => {
      const ofMode = Array.from({ length: SEQUENCES }, (_, index) => index + 1).filter((number) => number % MODES.length === place);
      const numbers = ofMode.filter((_, index) => index % EVERY === 0);
      const recorded = recordedHashes();
      const hashes = await players.hashes(numbers);
      const others = numbers.filter((number, index) => hashes[index] !== recorded[number - 1]);
      const which = `${others.slice(0, 20).join(', ')}${others.length > 20 ? ', …' : ''}`;
      expect(others.length, `sequences of ${numbers.length} that differ (test/corpus/README.md): ${which}`).to.equal(0);
    });
  }

  for (const number of recordedTexts()) {
    it(`T-141 the text of sequence ${number} is the one that was kept, line by line`, async () => {
      const [lines, recorded] = [legible(await play(number)).split('\n'), readFileSync(fileOf(number), 'utf8').split('\n')];
      const at = lines.findIndex((line, index) => line !== recorded[index]);
      if (at >= 0) expect(lines[at], `line ${at + 1}`).to.equal(recorded[at]);
      expect(lines.length, 'lines').to.equal(recorded.length);
    });
  }
});
