import fc from 'fast-check';
import { duel } from './duel.ts';
import { checkConservation, checkLateness, checkNeverBelowFloor, checkReplay, checkVersions } from './laws.ts';
import { type MODES, randomGame, randomSteps, type Step } from './random-games.ts';
import { programmeSteps, randomProgramme } from './random-programmes.ts';
import type { Payload } from './reference-seats.ts';

/** Any game of a mode, played beside the reference that counts each millisecond, keeps every law of time. */
export function everyLawHolds(mode: (typeof MODES)[number]): fc.IProperty<unknown> {
  return lawsOf(fc.tuple(randomGame(mode), randomSteps));
}

/** As `everyLawHolds`, for programmes. */
export function everyProgrammeHolds(): fc.IProperty<unknown> {
  return lawsOf(randomProgramme.chain((game) => fc.tuple(fc.constant(game), programmeSteps(game))));
}

function lawsOf(games: fc.Arbitrary<[Payload, Step[]]>): fc.IProperty<unknown> {
  return fc.property(games, fc.integer({ min: 1, max: 40 }), ([game, steps], stride) => {
    const played = duel(game, steps);
    const { events } = played.table;
    checkConservation(game, events);
    checkVersions(events);
    checkNeverBelowFloor(events);
    checkLateness(game, played, stride);
    checkReplay(events);
  });
}
