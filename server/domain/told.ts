/**
 * States and events as they leave the server. Whatever is sent, answered or read from the trail passes here, since a
 * session may hide what participants answer until their cycle has ended. Pure.
 */
import { asTold, goesOnAlone, isLazy } from '#clock';
import type { EventType, JsonObject, JsonValue, ParticipantState, SessionState, StateChanges } from '#contract';
import { changesBetween } from './changes.ts';

/** Stands for whoever sees the answers of all participants. */
export const EVERY_ANSWER = Symbol('every answer');

/** Whose hidden answers a reader sees: all of them, those of the participant with this id, or nobody's. */
export type AnswersSeen = typeof EVERY_ANSWER | string | undefined;

/** Whether a state hides answers now: the cycle in which they were given still has a clock that goes on. */
function hidesAnswers({ answers, status, participants }: SessionState): boolean {
  return answers === 'hidden' && (status === 'running' || status === 'paused') && participants.some(goesOnAlone);
}

const withoutAnswer = new WeakMap<ParticipantState, ParticipantState>();
const shownToNobody = new WeakMap<SessionState, SessionState>();
const wholes = new WeakMap<SessionState, SessionState>();

/**
 * A state without the answers that a reader may not see; the same object where there are none. Entries without a hidden
 * answer stay the same objects, and so does what all readers get who see no answers.
 */
export function shownTo(state: SessionState, seen: AnswersSeen): SessionState {
  if (state.answers === undefined || seen === EVERY_ANSWER || !hidesAnswers(state)) return state;
  const own = seen === undefined ? undefined : state.participants.find((one) => one.participant_id === seen && one.answer !== undefined);
  if (own !== undefined) return masked(state, own);
  const shown = shownToNobody.get(state) ?? masked(state);
  shownToNobody.set(state, shown);
  return shown;
}

function masked(state: SessionState, own?: ParticipantState): SessionState {
  const hasHidden = (one: ParticipantState) => one.answer !== undefined && one !== own;
  if (!state.participants.some(hasHidden)) return state;
  return { ...state, participants: state.participants.map((one) => (hasHidden(one) ? unanswered(one) : one)) };
}

function unanswered(one: ParticipantState): ParticipantState {
  const { answer: _answer, ...rest } = one;
  const shown = withoutAnswer.get(one) ?? rest;
  withoutAnswer.set(one, shown);
  return shown;
}

/**
 * A state with all of its entries as of `updated_at`; the same object for the same state, so that readers share its
 * text.
 */
export function wholeOf(state: SessionState): SessionState {
  if (!isLazy(state)) return state;
  const whole = wholes.get(state) ?? asTold(state);
  wholes.set(state, whole);
  return whole;
}

/** A state as everybody in its room may see it. */
export function toldToRoom(state: SessionState): SessionState {
  return wholeOf(shownTo(state, undefined));
}

/**
 * What a room may be told that an event has changed. Answers go with their cycle, also for a reader who saw hidden
 * ones.
 */
export function changesTold(before: SessionState, after: SessionState): StateChanges {
  const shown = shownTo(after, undefined);
  const changes = changesBetween(shownTo(before, undefined), shown);
  if (before.answers === undefined || before.cycle_count === after.cycle_count) return changes;
  const patches = new Map(changes.participants?.map((patch) => [patch.participant_id, patch]));
  const still = new Set(shown.participants.flatMap(({ participant_id, answer }) => (answer === undefined ? [] : [participant_id])));
  for (const { participant_id, answer } of before.participants) {
    if (answer === undefined || still.has(participant_id)) continue;
    patches.set(participant_id, { ...patches.get(participant_id), participant_id, answer: null });
  }
  return patches.size === 0 ? changes : { ...changes, participants: [...patches.values()] };
}

/**
 * What the metadata of an event say of hidden answers: `hidden` where its own answer is one, and all `answers` of the
 * cycle that it ends. `metadata`: what else they say.
 */
export function noteOfAnswers(
  before: SessionState,
  after: SessionState,
  { event_type, participant_id, metadata }: { event_type: EventType; participant_id: string | null; metadata: JsonObject },
): JsonObject {
  if (!hidesAnswers(before)) return {};
  const { finished_at, answer } = metadata;
  const isFinish = event_type === 'participant_finished';
  if (hidesAnswers(after) && before.cycle_count === after.cycle_count) return isFinish ? { hidden: true } : {};
  const answers = before.participants.flatMap((one): JsonObject[] => {
    const last = isFinish && one.participant_id === participant_id ? { finished_at, answer } : one;
    if (last.answer === undefined) return [];
    return [{ participant_id: one.participant_id, finished_at: last.finished_at ?? null, answer: last.answer }];
  });
  return { answers };
}

/**
 * An event's metadata without an answer that was hidden when the event happened, for a reader who may not see it. Nor
 * may they know the `command_id`, by which the same command could be tried with one answer after the other.
 */
export function metadataShownTo(metadata: JsonObject, participantId: string | null, seen: AnswersSeen): JsonObject {
  if (metadata['hidden'] !== true || seen === EVERY_ANSWER || (seen !== undefined && seen === participantId)) return metadata;
  const { answer: _answer, command_id: _id, ...shown } = metadata;
  return shown;
}

/** Fields of an event's metadata that backends are told of. */
const TOLD_OF_EVENT = ['action_applied', 'reason', 'command_id', 'actor'] as const;

/**
 * What webhooks and the feed tell of an event's metadata. Answers are not among it: whoever reads them there need not
 * be one who may see them.
 */
export function toldOfEvent(metadata: JsonObject): Partial<Record<(typeof TOLD_OF_EVENT)[number], JsonValue>> {
  return Object.fromEntries(TOLD_OF_EVENT.flatMap((name) => (metadata[name] === undefined ? [] : [[name, metadata[name]]])));
}
