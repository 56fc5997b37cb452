/** The next game of two players, who change sides. */
import type { CreatePayload, JsonObject, JsonValue, ParticipantInput, SessionState } from '@synckairos/client';
import { hasEnded, inOrder, isDuel } from '../trade.ts';
import { nameOf } from '../words.ts';

/** The number of a rematch at the end of its session's id: `…~2` is the second game of a match. */
const NUMBER = /~(\d{1,4})$/;
/** Ids have at most so many characters. */
const ID_LENGTH = 128;

/** Whether a game can be played once more with sides changed. */
export function canRematch(state: SessionState): boolean {
  return (
    hasEnded(state) && isDuel(state) && state.sync_mode === 'per_participant' && tellsBanks(state) && rematchId(state.session_id) !== null
  );
}

/**
 * The id of the next game. Everybody works it out alike, so that two who want a rematch at once meet in one session;
 * null where the id would be too long.
 */
export function rematchId(sessionId: string): string | null {
  const [, number = '1'] = NUMBER.exec(sessionId) ?? [];
  const next = `${sessionId.replace(NUMBER, '')}~${Number(number) + 1}`;
  return next.length > ID_LENGTH ? null : next;
}

/**
 * What the next game is created with. Each keeps their name, time and time control, and has the other's place.
 */
export function rematchOf(state: SessionState, id: string): CreatePayload {
  const players = inOrder(state);
  const others = [...players].reverse();
  const participants = players.map(({ participant_id }, index): ParticipantInput => {
    const from = others[index] ?? players[index];
    if (from === undefined) return { participant_id };
    const { name, time_control } = from;
    const total_time_ms = state.time_control !== undefined || time_control !== undefined ? undefined : bankOf(state, from.participant_id);
    return { participant_id, name, time_control, total_time_ms };
  });
  const { increment_ms, max_time_ms, overrun_ms, undo_depth, idle_end_ms, participants_may_pause, max_cycles } = state;
  return {
    session_id: id,
    sync_mode: 'per_participant',
    participants,
    time_control: state.time_control,
    increment_ms: increment_ms === 0 ? undefined : increment_ms,
    max_time_ms: max_time_ms ?? undefined,
    overrun_ms,
    undo_depth,
    idle_end_ms,
    participants_may_pause,
    max_cycles,
    warning_thresholds_ms: state.warning_thresholds_ms,
    auto_advance: state.auto_advance,
    action_on_timeout: state.action_on_timeout ?? undefined,
    outage_policy: state.outage_policy,
    metadata: swapped(state),
  };
}

/** The metadata of the next game: names and banks by id change places. */
function swapped(state: SessionState): JsonObject {
  const ids = inOrder(state).map(({ participant_id }) => participant_id);
  const { names, banks_ms: banks, ...rest } = state.metadata;
  const change = (of: JsonObject): JsonObject =>
    Object.fromEntries(
      ids.flatMap((id, index): [string, JsonValue][] => {
        const value = of[ids[ids.length - 1 - index] ?? id];
        return value === undefined ? [] : [[id, value]];
      }),
    );
  return {
    ...rest,
    // A participant who has a name of their own takes it along.
    ...(isObject(names) ? { names: change(Object.fromEntries(ids.map((id) => [id, nameOf(state, id)]))) } : {}),
    ...(isObject(banks) ? { banks_ms: change(banks) } : {}),
  };
}

/** What a clock had at the beginning, as the creator noted it. */
function bankOf(state: SessionState, who: string): number | undefined {
  const { banks_ms: banks, bank_ms: bank } = state.metadata;
  const given = (isObject(banks) ? banks[who] : undefined) ?? bank;
  return typeof given === 'number' ? given : undefined;
}

/** Whether a session tells what its clocks had at the beginning: its page wrote that, or it has time controls. */
function tellsBanks(state: SessionState): boolean {
  return state.participants.every(
    ({ participant_id: who, time_control }) => (time_control ?? state.time_control) !== undefined || bankOf(state, who) !== undefined,
  );
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
