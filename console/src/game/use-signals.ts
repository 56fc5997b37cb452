/** What a game tells by sounds and by vibration. */
import type { SessionState, SyncKairosClient } from '@synckairos/client';
import { useEffect, useEffectEvent, useRef } from 'react';
import { presentLot } from '../trades/lots.ts';
import { hasBid, isAuction, isGap, presentItem } from '../trade.ts';
import { useWishes } from '../wishes.ts';
import type { Sound } from './use-sound.ts';

/** How often the last seconds are looked at, ms. */
const LOOK_MS = 100;
const LAST_SECONDS = 10;

const PATTERNS = { turn: [40], warning: [80, 60, 80], up: [300, 100, 300] };

/** Plays the sounds of a session, and vibrates for warnings, the end and, at a seat, the beginning of one's turn. */
export function useSignals(client: SyncKairosClient, sessionId: string, state: SessionState | null, sound: Sound, isMyTurn: boolean): void {
  const [{ vibration }] = useWishes();
  const vibrate = (pattern: number[]): void => void (vibration && 'vibrate' in navigator && navigator.vibrate(pattern));
  const warn = useEffectEvent(() => {
    sound.play('warning');
    vibrate(PATTERNS.warning);
  });
  const end = useEffectEvent(() => {
    sound.play('up');
    vibrate(PATTERNS.up);
  });
  useEffect(() => {
    const off = [
      client.on('timeWarning', ({ session_id }) => session_id === sessionId && warn()),
      client.on('timeExpired', ({ session_id }) => session_id === sessionId && end()),
    ];
    return () => {
      for (const stop of off) stop();
      if ('vibrate' in navigator) navigator.vibrate(0);
    };
  }, [client, sessionId]);

  const onTurns = useEffectEvent(() => sound.play('move'));
  useRise(state?.cycle_count, onTurns);
  const onSold = useEffectEvent(() => sound.play('sold'));
  useRise(state === null ? undefined : Number(isSold(state)), onSold);
  const onMine = useEffectEvent(() => vibrate(PATTERNS.turn));
  useRise(Number(isMyTurn), onMine);

  const counts = state?.status === 'running' && state.concurrent !== true;
  const who = state?.active_group_id ?? state?.active_participant_id ?? undefined;
  const tick = useEffectEvent(() => sound.play('last'));
  const leftNow = useEffectEvent(() => {
    const isOwn = state?.sync_mode === 'per_participant' || state?.sync_mode === 'per_group';
    return client.getParticipantTime(sessionId, isOwn ? who : 'global');
  });
  useEffect(() => {
    if (!counts || !sound.on) return;
    let before = 0;
    const timer = setInterval(() => {
      const left = leftNow();
      const seconds = left === null ? Infinity : Math.ceil(left / 1_000);
      if (seconds !== before && seconds > 0 && seconds <= LAST_SECONDS) tick();
      before = seconds;
    }, LOOK_MS);
    return () => clearInterval(timer);
  }, [counts, sound.on]);
}

/** Calls `then` when a number has risen, but not when it is first known. */
function useRise(value: number | undefined, then: () => void): void {
  const before = useRef(value);
  useEffect(() => {
    const known = before.current;
    before.current = value;
    if (known !== undefined && value !== undefined && value > known) then();
  });
}

/** Whether a lot has just been sold. */
function isSold(state: SessionState): boolean {
  if (state.extension === undefined) return isAuction(state) && state.status === 'expired' && hasBid(state);
  const isDone = state.status === 'expired' || state.status === 'completed' || isGap(presentItem(state));
  return isDone && (presentLot(state)?.bid ?? null) !== null;
}
