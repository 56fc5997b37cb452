/** What players offer each other by messages to the room: a draw, and a rematch. */
import { type JsonValue, type SessionState, type SyncKairosClient, SyncKairosError } from '@synckairos/client';
import { useEffect, useEffectEvent, useState } from 'react';
import { sessionHash } from '../route.ts';
import { hasEnded, inOrder } from '../trade.ts';
import { rematchId, rematchOf } from './rematch.ts';
import { FACING, keepSeat } from './seats.ts';

/** A message of the page, beside whatever else a room may be told. */
interface Offer {
  offer: 'draw' | 'declined' | 'rematch';
  /** The participant who makes it; null for somebody without a seat. */
  by: string | null;
}

export interface Offers {
  /** Who offers a draw; null if nobody does. */
  draw: string | null;
  /** Whether the next game is there, since somebody wants a rematch. */
  rematch: boolean;
  /** Offers a draw for the seat of this device. It stands until it is declined, or the opponent has moved. */
  offerDraw: () => Promise<unknown>;
  declineDraw: () => Promise<unknown>;
  /** Makes the next game or finds it, tells the others, and goes there. */
  playAgain: () => Promise<void>;
}

/** The offers in a session as the device with a seat sees and makes them. */
export function useOffers(client: SyncKairosClient, sessionId: string, state: SessionState | null, seat: string | undefined): Offers {
  /** Who offered a draw, and how many turns the other one had ended by then. */
  const [draw, setDraw] = useState<{ by: string; moves: number } | null>(null);
  const [rematch, setRematch] = useState(false);
  const by = seat === undefined || seat === FACING ? null : seat;
  const hear = useEffectEvent(({ offer, by: sender }: Offer) => {
    if (offer === 'rematch') setRematch(true);
    else if (offer === 'declined') setDraw(null);
    else if (state !== null && sender !== null && isPlayer(state, sender)) setDraw({ by: sender, moves: movesOfOther(state, sender) });
  });
  useEffect(
    () =>
      client.on('message', ({ session_id, message, actor }) => {
        const offer = readOffer(message);
        // A token tells who it is; without one anybody may say anything.
        const isTrue = actor?.participant_id === undefined || actor.participant_id === offer?.by;
        if (session_id === sessionId && offer !== null && isTrue) hear(offer);
      }),
    [client, sessionId],
  );
  const stands = draw !== null && state !== null && !hasEnded(state) && movesOfOther(state, draw.by) === draw.moves;
  const say = (offer: Offer['offer']): Promise<unknown> => client.sendMessage(sessionId, { offer, by });
  return {
    draw: stands ? draw.by : null,
    rematch,
    offerDraw: () => say('draw'),
    declineDraw: () => say('declined'),
    playAgain: async () => {
      const next = rematchId(sessionId);
      if (state === null || next === null) return;
      try {
        await client.createSession(rematchOf(state, next));
      } catch (thrown) {
        // The other one was a moment faster.
        if (!(thrown instanceof SyncKairosError && thrown.code === 'SESSION_EXISTS')) throw thrown;
      }
      await say('rematch');
      const ids = inOrder(state).map(({ participant_id }) => participant_id);
      if (seat !== undefined) keepSeat(next, by === null ? seat : ids.find((id) => id !== by));
      location.hash = sessionHash(next);
    },
  };
}

function isPlayer({ participants }: SessionState, who: string): boolean {
  return participants.some(({ participant_id }) => participant_id === who);
}

/** How many turns the opponents of a participant have ended. */
function movesOfOther({ participants }: SessionState, who: string): number {
  return participants.reduce((sum, { participant_id, cycle_count }) => sum + (participant_id === who ? 0 : cycle_count), 0);
}

function readOffer(message: JsonValue): Offer | null {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return null;
  const { offer, by = null } = message;
  if (offer !== 'draw' && offer !== 'declined' && offer !== 'rematch') return null;
  return by === null || typeof by === 'string' ? { offer, by } : null;
}
