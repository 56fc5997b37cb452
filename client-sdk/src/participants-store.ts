/** Everybody of a session with the digits of their clocks, as a store that changes when one of these does. */
import { type ClockSource, clockStore, COUNTDOWN, type Face, STOPWATCH } from './clock-store.ts';
import type { ParticipantState, SessionState } from './contract/index.ts';

/** A participant and what their clock shows. */
export interface ParticipantClock {
  participant: ParticipantState;
  /** What is left, ms, rounded up to the digits that `formatTime` prints; null while unknown, and for a stopwatch. */
  left_ms: number | null;
  /** What a stopwatch shows, ms, rounded down; null while unknown, and for any other clock. */
  used_ms: number | null;
}

export interface ParticipantsSource {
  state(): SessionState | null;
  subscribe(listener: () => void): () => void;
  /** The clock of a participant, as one that falls or as one that counts up. */
  clockOf(participantId: string, counts: 'down' | 'up'): ClockSource;
  /** Which way the clocks of a session count. */
  counts(state: SessionState): 'down' | 'up';
}

const FACES: Record<'down' | 'up', Face> = { down: COUNTDOWN, up: STOPWATCH };
const NOBODY: readonly ParticipantClock[] = [];

/** The store for `useSyncExternalStore`. Entries of which nothing is new stay the same objects. */
export function participantsStore(source: ParticipantsSource) {
  const clocks = new Map<string, ReturnType<typeof clockStore>>();
  let shown: readonly ParticipantClock[] = NOBODY;

  const clockOf = (id: string, counts: 'down' | 'up') => {
    const key = `${counts} ${id}`;
    const known = clocks.get(key) ?? clockStore(source.clockOf(id, counts), FACES[counts]);
    clocks.set(key, known);
    return known;
  };

  const getSnapshot = (): readonly ParticipantClock[] => {
    const state = source.state();
    if (state === null) return (shown = NOBODY);
    const counts = source.counts(state);
    const next = state.participants.map((participant, index) => {
      const time = clockOf(participant.participant_id, counts).getSnapshot();
      const entry = { participant, left_ms: counts === 'down' ? time : null, used_ms: counts === 'up' ? time : null };
      const before = shown[index];
      const isSame = before?.participant === participant && before.left_ms === entry.left_ms && before.used_ms === entry.used_ms;
      return isSame ? before : entry;
    });
    if (next.length !== shown.length || next.some((entry, index) => entry !== shown[index])) shown = next;
    return shown;
  };

  const subscribe = (listener: () => void): (() => void) => {
    let ends: (() => void)[] = [];
    let listened = '';
    const listen = (): void => {
      const state = source.state();
      const counts = state === null ? 'down' : source.counts(state);
      const ids = state === null ? [] : state.participants.map((one) => one.participant_id);
      const wanted = JSON.stringify([counts, ids]);
      if (wanted === listened) return;
      listened = wanted;
      for (const end of ends) end();
      ends = ids.map((id) => clockOf(id, counts).subscribe(listener));
    };
    const stop = source.subscribe(() => {
      listen();
      listener();
    });
    listen();
    return () => {
      stop();
      for (const end of ends) end();
    };
  };

  return { subscribe, getSnapshot };
}
