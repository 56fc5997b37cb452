/**
 * How others keep time, in the same world: for the table beside our own figures. All of them add an offset to the
 * device's wall clock.
 */
import { compare, mean, median, std } from 'timesync/lib/stat.js';
import type { World } from './world.ts';

interface Exchange {
  offset: number;
  oneWay: number;
  roundTrip: number;
}

/** An offset from a round of exchanges. */
type Method = (round: Exchange[]) => number;

/** By name. Each has five exchanges a minute, which is much more often than timesync asks by default (hourly). */
export const METHODS: Record<string, Method> = {
  'median of five': (round) => median(round.map(({ offset }) => offset).sort(compare)),
  timesync(round) {
    // As timesync 1.0 does: what is above median + standard deviation is an outlier, the rest is averaged.
    const roundTrips = round.map(({ roundTrip }) => roundTrip);
    const limit = median(roundTrips) + std(roundTrips);
    const kept = round.filter(({ roundTrip }) => roundTrip < limit);
    return mean((kept.length > 0 ? kept : round).map(({ offset }) => offset));
  },
  'one way': (round) => round.at(-1)?.oneWay ?? 0,
};

/** A round of five exchanges at the world's present instant. */
export function exchangeFive(world: World, random: () => number): Exchange[] {
  return Array.from({ length: 5 }, () => {
    const { there, back } = world.delays(random);
    const sent = world.clock.wall();
    const roundTrip = there + back;
    const server = world.serverTime(world.time + there);
    return { offset: server - (sent + roundTrip / 2), oneWay: server - (sent + roundTrip), roundTrip };
  });
}
