/** One clock of a session, for a place where nothing is pressed. */
import {
  type ClockOwner,
  cycleTimeUsed,
  modeOf,
  participantTimeUsed,
  readClock,
  type SessionState,
  type SyncKairosClient,
} from '@synckairos/client';
import { useClock, useNow } from '@synckairos/client/react';
import { type Face, facesOf } from '../game/faces.ts';

/** How often a clock is read that no hook follows, ms. */
const LOOK_MS = 40;
/** How often the time of day is read, ms. */
const MINUTE_LOOK_MS = 500;
/** What stands for digits that are not known. */
export const UNKNOWN = '–:––';

/** The clock of whom the link names, else the one that runs, else the first. */
export function faceOf(state: SessionState, who?: string): Face | undefined {
  const faces = facesOf(state);
  if (who !== undefined) return faces.find((face) => face.who === who);
  return faces.find(({ hasTurn }) => hasTurn) ?? faces[0];
}

/** What the clock shows, ms, as it was `delayMs` ago; null while unknown. */
export function useShown(client: SyncKairosClient, state: SessionState, face: Face, delayMs: number): number | null {
  const live = useClock(client, state.session_id, face.who)?.left_ms ?? null;
  const isLive = delayMs === 0 && face.counts === 'down';
  useNow(isLive ? MINUTE_LOOK_MS : LOOK_MS);
  if (isLive) return live;
  if (client.getClockStatus().state === 'syncing') return null;
  // Before the first state that came nothing is known.
  const at = Math.max(client.getServerTime() - delayMs, Date.parse(state.updated_at));
  const owner = ownerOf(state, face);
  if (face.counts === 'down') return readClock(state, owner, at)?.left_ms ?? null;
  return owner === 'session' ? cycleTimeUsed(state, at) : participantTimeUsed(state, face.who, at);
}

function ownerOf(state: SessionState, { who }: Face): ClockOwner {
  const { owners } = modeOf(state);
  if (owners === 'session') return 'session';
  return owners === 'groups' ? { group_id: who } : { participant_id: who };
}
