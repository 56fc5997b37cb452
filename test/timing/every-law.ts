import fc from 'fast-check';
import { duel } from './duel.ts';
import { checkConservation, checkLateness, checkNeverBelowFloor, checkReplay, checkVersions } from './laws.ts';
import { type MODES, randomGame, randomSteps } from './random-games.ts';

/** Any game of a mode, played beside the reference that counts each millisecond, keeps every law of time. */
export function everyLawHolds(mode: (typeof MODES)[number]): fc.IProperty<unknown> {
  return fc.property(randomGame(mode), randomSteps, fc.integer({ min: 1, max: 40 }), (game, steps, stride) => {
    const played = duel(game, steps);
    const { events } = played.table;
    checkConservation(game, events);
    checkVersions(events);
    checkNeverBelowFloor(events);
    checkLateness(game, played, stride);
    checkReplay(events);
  });
}
