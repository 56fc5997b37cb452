import { v7 as uuidv7 } from 'uuid';
import type { CommandName, CommandOptions, SessionState, SwitchData } from '#contract';
import type { TimerCommand } from '../domain/decide.ts';
import { type Refusal, refuse } from '../domain/refusal.ts';
import type { Archive } from '../engine/archive.ts';
import type { Engine } from '../engine/engine.ts';
import type { CommandContext, Outcome } from '../engine/checks.ts';
import type { Trail } from '../engine/ports.ts';
import type { Metrics } from '../observability/metrics.ts';
import { fingerprint } from './fingerprint.ts';
import { type CommandLimits, limited, refusalOfQuota } from './limits.ts';
import type { Parsed } from './schemas.ts';

/** A command's `command_id` is remembered this long after a success. */
const REMEMBER_MS = 15 * 60_000;

/** The connection a command came by, as far as rooms go. REST has none. */
export interface Seat {
  /**
   * Runs a command with the connection in the session's room, so that nothing which is sent there from then on can be missed. It stays when the command
   * succeeds; a refused one leaves things as they were.
   */
  join(sessionId: string, work: () => Promise<Outcome>): Promise<Outcome>;
  leave(sessionId: string): Promise<void>;
}

/** What surrounds a payload: when it reached the server (Unix ms, with fractions) and by which connection. */
export interface Call {
  arrival: number;
  seat: Seat | undefined;
  /** Where it came from, as limits count it. */
  address: string;
}

/** What a command answers, before it is dressed as a reply. */
export type Answer = { ok: true; data: unknown; appliedVersion?: number } | Refusal;

export interface CommandPorts {
  engine: Engine;
  archive: Pick<Archive, 'restore'>;
  clock: { now(): number; errorBound(): number };
  /** Undefined where no trail is kept. */
  trail: Trail | undefined;
  limits: CommandLimits;
  metrics: Metrics;
}

export type CommandTable = { [Name in CommandName]: (payload: Parsed<Name>, call: Call) => Promise<Answer> };

/** What each command of the contract does with a payload that passed its schema. */
export function createCommands({ engine, archive, clock, trail, limits, metrics }: CommandPorts): CommandTable {
  /** A command that changes a session by the rules of the domain. */
  const timer =
    <Name extends TimerCommandName>(name: Name, answer: (outcome: Outcome) => Answer = stateOf) =>
    async (payload: Parsed<Name>, call: Call, admitted?: Promise<Refusal | null>): Promise<Answer> => {
      const { session_id, expected_version: _version, command_id: _id, ...fields } = payload;
      const command = { type: name.slice('session:'.length), ...fields } as TimerCommand;
      return answer(await engine.execute(session_id, command, { ...contextOf(name, payload, call), admitted }));
    };
  const makeSwitch = timer('session:switch', switched);

  return {
    'session:create': async (payload, call) => {
      const session_id = payload.session_id ?? uuidv7();
      const context = contextOf('session:create', payload, call);
      const owner = call.address;
      const place = await limits.owners?.claim(owner, session_id);
      if (place === 'full') return limited('owner_sessions', metrics);
      const outcome = await seated(call.seat, session_id, () =>
        engine.create({ ...payload, session_id }, context, payload.session_id === undefined),
      );
      if (!outcome.ok && place === 'taken') await limits.owners?.release(owner, session_id);
      return stateOf(outcome);
    },

    // Joins the room first and reads afterwards, so that no update can fall between the two.
    'session:join': async (payload, call) => {
      const context = contextOf('session:join', payload, call);
      const { session_id, last_known_version: version = 0, last_known_epoch: epoch = 0 } = payload;
      const outcome = await seated(call.seat, session_id, async () => {
        const found = await engine.get(session_id, context);
        if (!found.ok || epoch !== found.state.epoch || version <= found.state.version) return found;
        // Seen and gone: what it is given now must be newer, or it would be dropped.
        await archive.restore(session_id, { epoch, version }, { claim: true });
        return engine.get(session_id, context);
      });
      return answerWith(outcome, (state) => ({ state, missed: missedSince(state, payload) }));
    },

    'session:leave': async (payload, call) => {
      await call.seat?.leave(payload.session_id);
      return { ok: true, data: {} };
    },

    'session:get': async (payload, call) => stateOf(await engine.get(payload.session_id, contextOf('session:get', payload, call))),
    'session:start': timer('session:start'),
    // The limit is asked together with the session, ahead of it on the same connection: it costs no round trip.
    'session:switch': async (payload, call) => {
      const quota = limits.switches?.consume(payload.session_id);
      if (quota === undefined) return makeSwitch(payload, call);
      if (!(quota instanceof Promise)) return refusalOfQuota('switch', quota, metrics) ?? makeSwitch(payload, call);
      return makeSwitch(
        payload,
        call,
        quota.then((left) => refusalOfQuota('switch', left, metrics)),
      );
    },
    'session:pause': timer('session:pause'),
    'session:resume': timer('session:resume'),
    'session:adjust': timer('session:adjust'),
    'session:complete': timer('session:complete'),
    'session:cancel': timer('session:cancel'),
    'session:delete': timer('session:delete', deleted),

    'session:message': async (payload, call) =>
      emptied(await engine.message(payload.session_id, payload.message, contextOf('session:message', payload, call))),

    'session:history': async ({ session_id, after_version, limit, event_types }, call) => {
      if (trail === undefined) return { ...refuse('SERVICE_UNAVAILABLE', 'This server keeps no audit trail'), retryable: false };
      // A deletion may not have reached the trail yet.
      const [history, gone] = await Promise.all([
        trail.history(session_id, after_version, limit, event_types),
        engine.wasDeleted(session_id),
      ]);
      if (gone || history === 'deleted') return refuse('SESSION_NOT_FOUND', `No session ${session_id}`);
      if (history !== 'unknown') return { ok: true, data: history };
      // Nothing has arrived in the trail; the session may be so young that it is only in Redis.
      const outcome = await engine.get(session_id, { arrival: call.arrival });
      return answerWith(outcome, () => ({ events: [], next_after_version: after_version }));
    },

    'time:sync': async (payload, call) => ({
      ok: true,
      data: {
        client_time_ms: payload.client_time_ms ?? null,
        server_receive_time_ms: call.arrival,
        server_send_time_ms: clock.now(),
        error_bound_ms: clock.errorBound(),
      },
    }),
  };
}

type TimerCommandName = `session:${TimerCommand['type']}`;

function contextOf(name: CommandName, payload: CommandOptions, call: Call): CommandContext {
  const { command_id: id, ...rest } = payload;
  return {
    arrival: Math.floor(call.arrival),
    expectedVersion: payload.expected_version,
    command: id === undefined ? undefined : { id, fingerprint: fingerprint(name, rest), rememberMs: REMEMBER_MS },
  };
}

function seated(seat: Seat | undefined, sessionId: string, work: () => Promise<Outcome>): Promise<Outcome> {
  return seat === undefined ? work() : seat.join(sessionId, work);
}

function missedSince(state: SessionState, known: Pick<Parsed<'session:join'>, 'last_known_version' | 'last_known_epoch'>): number | null {
  const { last_known_version: version, last_known_epoch: epoch } = known;
  if (version === undefined || (epoch !== undefined && epoch !== state.epoch)) return null;
  return Math.max(0, state.version - version);
}

function answerWith(outcome: Outcome, data: (state: SessionState) => unknown): Answer {
  if (!outcome.ok) return outcome;
  const answer: Answer = { ok: true, data: data(outcome.state) };
  if (outcome.appliedVersion !== undefined) answer.appliedVersion = outcome.appliedVersion;
  return answer;
}

const stateOf = (outcome: Outcome) => answerWith(outcome, (state) => state);
const emptied = (outcome: Outcome) => answerWith(outcome, () => ({}));

function switched(outcome: Outcome): Answer {
  if (!outcome.ok || outcome.expired === undefined) return answerWith(outcome, switchData);
  const { participant_id, action } = outcome.expired;
  return answerWith(outcome, (state) => ({ ...switchData(state), expired_participant_id: participant_id, action_applied: action }));
}

/** Deleting what does not exist succeeds: the caller has what they wanted. */
function deleted(outcome: Outcome): Answer {
  if (outcome.ok || outcome.code !== 'SESSION_NOT_FOUND') return emptied(outcome);
  return outcome.appliedVersion === undefined ? { ok: true, data: {} } : { ok: true, data: {}, appliedVersion: outcome.appliedVersion };
}

function switchData(state: SessionState): SwitchData {
  const { session_id, epoch, version, status, active_participant_id, active_group_id, cycle_started_at, participants } = state;
  return { session_id, epoch, version, status, active_participant_id, active_group_id, cycle_started_at, participants };
}
