/** How a race came out so far. */
import { type ParticipantState, type SessionState, type SyncKairosClient } from '@synckairos/client';
import { useEffect, useState } from 'react';
import { hasTime } from '../trade.ts';

/** The places of those who have a time, from 1; equal times share a place. */
export function placesOf(participants: readonly ParticipantState[]): Map<string, number> {
  const places = new Map<string, number>();
  let [place, before] = [0, -1];
  const timed = participants.filter(hasTime).sort((a, b) => a.time_used_ms - b.time_used_ms);
  for (const [index, { participant_id, time_used_ms: used }] of timed.entries()) {
    if (used > before) [place, before] = [index + 1, used];
    places.set(participant_id, place);
  }
  return places;
}

/** By place; then those who still run, in the order of the list; then those who gave up or ran out of time. */
export function byPlace(participants: readonly ParticipantState[]): ParticipantState[] {
  const places = placesOf(participants);
  const rank = (one: ParticipantState): number =>
    places.get(one.participant_id) ??
    (one.clock_status === 'finished' || one.clock_status === 'expired' ? Infinity : participants.length + 1);
  return [...participants].sort((a, b) => (rank(a) === rank(b) ? a.participant_index - b.participant_index : rank(a) - rank(b)));
}

/** `12.34`, `1:05.20`: whole hundredths of a second, rounded down as a stopwatch does. */
export function hundredths(ms: number): string {
  const all = Math.floor(ms / 10);
  const two = (value: number): string => String(value).padStart(2, '0');
  const [hours, minutes, seconds] = [Math.floor(all / 360_000), Math.floor(all / 6_000) % 60, Math.floor(all / 100) % 60];
  const rest = `.${two(all % 100)}`;
  if (hours > 0) return `${hours}:${two(minutes)}:${two(seconds)}${rest}`;
  return (minutes > 0 ? `${minutes}:${two(seconds)}` : String(seconds)) + rest;
}

/** The splits of each runner, ms from the start, by id. */
export type Splits = ReadonlyMap<string, readonly number[]>;

/**
 * The splits of a race. Those that were taken before this page came are read from the trail, where there is one; the
 * others follow from the states: a split charges its runner's clock.
 */
export function useSplits(client: SyncKairosClient, sessionId: string): Splits {
  const [splits, setSplits] = useState<Splits>(new Map());
  useEffect(() => {
    const store = client.session(sessionId);
    let known = store.getSnapshot();
    let isWanted = true;
    const look = (): void => {
      const state = store.getSnapshot();
      const before = known;
      known = state;
      if (state === null || before === null) return;
      const taken = newSplits(before, state);
      if (taken.length > 0) setSplits((all) => withSplits(all, taken));
    };
    const hadSplits = known?.participants.some(({ cycle_count }) => cycle_count > 0) === true;
    if (hadSplits) {
      void earlierSplits(client, sessionId, known?.version ?? 0).then(
        (taken) => isWanted && setSplits((all) => withSplits(all, taken, true)),
      );
    }
    const stop = store.subscribe(look);
    return () => {
      isWanted = false;
      stop();
    };
  }, [client, sessionId]);
  return splits;
}

type Split = readonly [participantId: string, ms: number];

function newSplits(before: SessionState, { participants }: SessionState): Split[] {
  const counts = new Map(before.participants.map(({ participant_id, cycle_count }) => [participant_id, cycle_count]));
  return participants
    .filter((one) => one.clock_status === 'running' && one.cycle_count > (counts.get(one.participant_id) ?? 0))
    .map((one) => [one.participant_id, one.time_used_ms]);
}

function withSplits(all: Splits, taken: readonly Split[], areEarlier = false): Splits {
  const next = new Map(all);
  for (const [id, ms] of areEarlier ? [...taken].reverse() : taken) {
    const own = next.get(id) ?? [];
    next.set(id, areEarlier ? [ms, ...own] : [...own, ms]);
  }
  return next;
}

/** None where no trail is kept. */
async function earlierSplits(client: SyncKairosClient, sessionId: string, upTo: number): Promise<Split[]> {
  const splits: Split[] = [];
  try {
    for (let after = 0, next = -1; next !== after && after < upTo;) {
      if (next >= 0) after = next;
      const page = await client.getHistory(sessionId, { after_version: after, event_types: ['cycle_switched'], snapshots: 'changes' });
      for (const { participant_id: id, version, state_snapshot, changes } of page.events) {
        const one = (state_snapshot ?? changes)?.participants?.find(({ participant_id }) => participant_id === id);
        // A split charges its runner, so what they have used is among what it changed.
        if (one?.time_used_ms != null && version <= upTo) splits.push([one.participant_id, one.time_used_ms]);
      }
      next = page.next_after_version;
    }
  } catch {
    // Without a trail a page knows the splits that it has seen.
  }
  return splits;
}
