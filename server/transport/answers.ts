import type { ExtendData, Notice, SessionState, SwitchData } from '#contract';
import { changesBetween, isLarge } from '../domain/changes.ts';
import { type AnswersSeen, shownTo, wholeOf } from '../domain/told.ts';
import { cutByClose, noticesOfCreate } from '../domain/notices.ts';
import type { Refusal } from '../domain/refusal.ts';
import type { Outcome } from '../engine/command-context.ts';
import type { Parsed } from './schemas.ts';
import { StateAnswer } from './written-answer.ts';

/** The answer of a command, before it gets the form of a reply. */
export type Answer = { ok: true; data: unknown; appliedVersion?: number; notices?: Notice[] } | Refusal;

/** The outcome of a command as its sender may see it, in which a refusal may have a state, too. */
export function seenBy(outcome: Outcome, seen: AnswersSeen): Outcome {
  if (outcome.ok) {
    const { state, before } = outcome;
    const shown = shownTo(state, seen);
    if (shown === state && (before === undefined || shownTo(before, seen) === before)) return outcome;
    return { ...outcome, state: shown, ...(before === undefined ? {} : { before: shownTo(before, seen) }) };
  }
  const { details } = outcome;
  if (details === undefined || !('state' in details)) return outcome;
  return { ...outcome, details: { ...details, state: shownTo(details.state, seen) } };
}

/** Answers with data of the session that a command led to. */
export function answerWith(outcome: Outcome, data: (state: SessionState) => unknown): Answer {
  if (!outcome.ok) return outcome;
  const answer: Answer = { ok: true, data: data(outcome.state) };
  if (outcome.appliedVersion !== undefined) answer.appliedVersion = outcome.appliedVersion;
  return answer;
}

/**
 * Answers a read, with the state or with the state and what `missed` returns for it. All who get the same large state
 * share one text of it.
 */
export function readAnswer(outcome: Outcome, missed?: (state: SessionState) => number | null): Answer {
  return answerWith(outcome, (kept) => {
    const state = wholeOf(kept);
    if (isLarge(state)) return new StateAnswer(state, missed?.(state));
    return missed === undefined ? state : { state, missed: missed(state) };
  });
}

/** The answer with the state after a command. */
export const stateOf = (outcome: Outcome) => answerWith(outcome, wholeOf);

/** The state, with notices for its creator. */
export function created(outcome: Outcome): Answer {
  return noticed(stateOf(outcome), outcome.ok ? noticesOfCreate(outcome.state) : []);
}

/** The state, with notices of clocks that are closed before they would fall. */
export function adjusted(outcome: Outcome, payload: { participant_id?: string | undefined }): Answer {
  return noticed(stateOf(outcome), outcome.ok ? cutByClose(outcome.state, onlyOf(payload)) : []);
}

/** The state, with notices as above of those whom the edit named, or of all if it changed the programme. */
export function edited(outcome: Outcome, { items, participants }: Parsed<'session:edit'>): Answer {
  const named = items === undefined ? new Set(participants?.map((one) => one.participant_id)) : undefined;
  return noticed(stateOf(outcome), outcome.ok ? cutByClose(outcome.state, named) : []);
}

function noticed(answer: Answer, notices: Notice[]): Answer {
  return answer.ok && notices.length > 0 ? { ...answer, notices } : answer;
}

/** The answer without data. */
export const emptied = (outcome: Outcome) => answerWith(outcome, () => ({}));

/** The state, and by how much the extension moved the end: a cycle is extended only while it lasts. */
export function extended(outcome: Outcome): Answer {
  const before = outcome.ok ? outcome.before : undefined;
  return answerWith(outcome, (state): ExtendData => {
    return { state, extended_ms: before === undefined ? null : (state.extended_ms ?? 0) - (before.extended_ms ?? 0) };
  });
}

/** The switch result, with the expiry that came before it. */
export function switched(outcome: Outcome): Answer {
  if (!outcome.ok || outcome.expired === undefined) return answerWith(outcome, (state) => switchData(wholeOf(state)));
  const { participant_id, action } = outcome.expired;
  return answerWith(outcome, (state) => ({
    ...switchData(wholeOf(state)),
    expired_participant_id: participant_id,
    action_applied: action,
  }));
}

/** A switch result with one participant of a concurrent session, and where they have finished, when they did. */
export function clockOf(outcome: Outcome, { participant_id: id }: { participant_id?: string | undefined }): Answer {
  return answerWith(outcome, (state): SwitchData => {
    const one = state.participants.find(({ participant_id }) => participant_id === id);
    const data = { ...switchData(state), participants: one === undefined ? [] : [one] };
    return one?.finished_at == null ? data : { ...data, finished_at: one.finished_at };
  });
}

/** As `stateOrClock`, with notices of clocks that are closed before they would fall. */
export function started(outcome: Outcome, payload: { participant_id?: string | undefined }): Answer {
  return noticed(stateOrClock(outcome, payload), outcome.ok ? cutByClose(outcome.state, onlyOf(payload)) : []);
}

function onlyOf({ participant_id: id }: { participant_id?: string | undefined }): Set<string> | undefined {
  return id === undefined ? undefined : new Set([id]);
}

/** The state, or where the command named a participant what became of their clock. */
export function stateOrClock(outcome: Outcome, payload: { participant_id?: string | undefined }): Answer {
  return payload.participant_id === undefined ? stateOf(outcome) : clockOf(outcome, payload);
}

/** The switch result; of a large session only with the active participant and those that the switch changed. */
export function switchedBriefly(outcome: Outcome): Answer {
  if (!outcome.ok || outcome.before === undefined || !isLarge(outcome.state)) return switched(outcome);
  const changed = new Set(changesBetween(outcome.before, outcome.state).participants?.map((one) => one.participant_id));
  return answerWith(outcome, (state) => {
    const data = switchData(state);
    const active = state.active_participant_id;
    return { ...data, participants: data.participants.filter(({ participant_id: id }) => id === active || changed.has(id)) };
  });
}

/** Deleting a session that does not exist succeeds, since the caller has what they wanted. */
export function deleted(outcome: Outcome): Answer {
  if (outcome.ok || outcome.code !== 'SESSION_NOT_FOUND') return emptied(outcome);
  return outcome.appliedVersion === undefined ? { ok: true, data: {} } : { ok: true, data: {}, appliedVersion: outcome.appliedVersion };
}

/** How many versions a client has missed since the one that it knows; null if they cannot be compared. */
export function missedSince(
  state: SessionState,
  known: Pick<Parsed<'session:join'>, 'last_known_version' | 'last_known_epoch'>,
): number | null {
  const { last_known_version: version, last_known_epoch: epoch } = known;
  if (version === undefined || (epoch !== undefined && epoch !== state.epoch)) return null;
  return Math.max(0, state.version - version);
}

function switchData(state: SessionState): SwitchData {
  const { session_id, epoch, version, status, active_participant_id, active_group_id, cycle_started_at, participants } = state;
  const data: SwitchData = { session_id, epoch, version, status, active_participant_id, active_group_id, cycle_started_at, participants };
  const { items, cycle_count, item_index = null, round = 1 } = state;
  return items === undefined ? data : { ...data, cycle_count, item_index, round };
}
