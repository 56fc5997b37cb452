/** Whose seat a device has in a game in which players or teams take turns. */
import { modeOf, type SessionState } from '@synckairos/client';
import { useState } from 'react';
import { inOrder, takesTurns, viewOf } from '../trade.ts';
import type { Face } from './faces.ts';

/** The seat of two players at one device that lies between them. It is no id, since ids have no such character. */
export const FACING = '*';

const KEY = 'synckairos.seats';
/** Of how many games a device remembers its seat. */
const REMEMBERED = 50;

/** Whether a device can have a seat in a game: several players, or teams, have clocks and take turns. */
export function hasSeats(state: SessionState): boolean {
  return viewOf(state) === 'clocks' && modeOf(state).owners !== 'session' && takesTurns(state) && seatsOf(state).length > 1;
}

/** The ids that seats have: of teams where these have the clocks, else of players, in the order of their turns. */
export function seatsOf(state: SessionState): string[] {
  if (modeOf(state).owners === 'groups') return state.groups.map(({ group_id }) => group_id);
  return inOrder(state).map(({ participant_id }) => participant_id);
}

/** Whether it is the turn of a participant, or of a team. */
export function hasTurn({ active_participant_id: player, active_group_id: team }: SessionState, who: string | undefined): boolean {
  return who !== undefined && (who === player || who === team);
}

/** The clocks as they lie for a seat: its own one last, which is below; of two that face each other the first one. */
export function seated(
  faces: Face[],
  { groups }: SessionState,
  seat: string | undefined,
): { faces: Face[]; seat: 'own' | 'facing' | undefined } {
  if (seat === FACING) return faces.length === 2 ? { faces: [...faces].reverse(), seat: 'facing' } : { faces, seat: undefined };
  const team = groups.find(({ members }) => seat !== undefined && members.includes(seat))?.group_id;
  const own = faces.find(({ who }) => who === seat || who === team);
  if (own === undefined || faces.length < 2) return { faces, seat: undefined };
  return { faces: [...faces.filter((face) => face !== own), { ...own, name: `${own.name} · you` }], seat: 'own' };
}

/** The seat of this device in a session, undefined for none, and how another one is taken. The device remembers it. */
export function useSeat(sessionId: string): [seat: string | undefined, take: (seat: string | undefined) => void] {
  const [seat, setSeat] = useState(() => remembered().find(([id]) => id === sessionId)?.[1]);
  const take = (next: string | undefined): void => {
    keepSeat(sessionId, next);
    setSeat(next);
  };
  return [seat, take];
}

/** Remembers the seat of this device in a session; undefined for none. */
export function keepSeat(sessionId: string, seat: string | undefined): void {
  const others = remembered().filter(([id]) => id !== sessionId);
  const kept = seat === undefined ? others : [[sessionId, seat], ...others];
  try {
    localStorage.setItem(KEY, JSON.stringify(kept.slice(0, REMEMBERED)));
  } catch {
    // Without a storage, as in some private windows, a seat lasts until the page is left.
  }
}

function remembered(): [id: string, seat: string][] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(kept) ? kept.filter(isSeat) : [];
  } catch {
    return [];
  }
}

function isSeat(entry: unknown): entry is [string, string] {
  return Array.isArray(entry) && typeof entry[0] === 'string' && typeof entry[1] === 'string';
}
