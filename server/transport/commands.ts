import type { CommandName, CommandOptions } from '#contract';
import { freshId } from '#ids';
import type { TimerCommand } from '../domain/decide.ts';
import type { Archive } from '../engine/archive.ts';
import type { Engine } from '../engine/engine.ts';
import type { CommandContext, CommandLimit, Outcome } from '../engine/command-context.ts';
import { incarnationOf } from '../engine/incarnation.ts';
import { type CommandKey, StoreUnavailableError } from '../engine/ports.ts';
import type { Metrics } from '../observability/metrics.ts';
import { FewAtOnce } from '../util/few-at-once.ts';
import type { Access, Permit } from './access/access.ts';
import type { JoinCodes } from './access/codes.ts';
import { accessCommands } from './access/commands.ts';
import {
  adjusted,
  type Answer,
  clockOf,
  created,
  deleted,
  edited,
  emptied,
  extended,
  missedSince,
  readAnswer,
  seenBy,
  started,
  stateOf,
  stateOrClock,
  switched,
  switchedBriefly,
} from './answers.ts';
import { fingerprint } from './fingerprint.ts';
import { createHistoryCommand } from './history-command.ts';
import type { History } from './history-port.ts';
import { type CommandLimits, limited } from './limits.ts';
import type { Parsed } from './schemas.ts';
import { type Enter, readInRoom, type RoomMembership, withMembership } from './room-membership.ts';
import { limitSwitches } from './switch-limit.ts';
import { type AudienceOf, workOfChange, workOfReading, workOfTelling } from './work.ts';

/** How long the `command_id` of a successful command is kept. */
const REMEMBER_MS = 15 * 60_000;
/**
 * How many readers of one session are answered at a time: enough to share a read, and few enough that answers of a
 * thousand participants take only a few milliseconds.
 */
const READERS_AT_ONCE = 16;

/** What comes with a payload: when it reached the server (Unix ms, with fractions), and by which connection. */
export interface Call {
  arrival: number;
  membership: RoomMembership | undefined;
  /** The address from which it came, in the form of limits (addressOf). */
  address: string;
  /** Identifies the sender for limits and for `command_id`s (senderOf). */
  sender: string;
  /** What the sender may do; undefined with AUTH_MODE=none. */
  permit?: Permit;
  /**
   * How many bytes the command moved besides its frame and its reply, as limits count them (work.ts). Set when the
   * command is done; called after the reply, if a limit charges for it.
   */
  moved?: () => number;
  /** Gives the connection another token. Undefined over REST and with AUTH_MODE=none. */
  refresh?: ((token: string) => Promise<Answer>) | undefined;
}

export interface CommandPorts {
  engine: Engine;
  archive: Pick<Archive, 'restore' | 'position' | 'peek'>;
  clock: { now(): number; errorBound(): number };
  /** Undefined if no trail is kept. */
  trail: History | undefined;
  limits: CommandLimits;
  metrics: Metrics;
  /** Undefined with AUTH_MODE=none: everybody may send every command. */
  access: Access | undefined;
  codes: Pick<JoinCodes, 'make' | 'open'>;
  /** Disconnects all sockets that came by a link, on all instances. */
  evict(linkId: string): void;
  audience: AudienceOf;
}

export type CommandTable = { [Name in CommandName]: (payload: Parsed<Name>, call: Call) => Promise<Answer> };

/** The table of what each command does with a payload that passed its schema. */
export function createCommands({
  engine,
  archive,
  clock,
  trail,
  limits,
  access,
  codes,
  evict,
  audience,
  metrics,
}: CommandPorts): CommandTable {
  /** A command that changes a session by the rules of the domain. */
  const timer = <Name extends TimerCommandName>(name: Name, answer: (outcome: Outcome, payload: Parsed<Name>) => Answer = stateOf) => {
    const type = name.slice('session:'.length);
    return async (payload: Parsed<Name>, call: Call, limit?: CommandLimit): Promise<Answer> => {
      // Fields that the domain does not use may stay: leaving them out takes longer.
      const command = { ...payload, type } as TimerCommand;
      if (command.type === 'switch') command.current_participant_id ??= call.permit?.guard;
      if (command.type === 'extend') command.participant_id ??= call.permit?.guard;
      const context = contextOf(name, payload, call);
      context.limit = limit;
      const outcome = await engine.execute(payload.session_id, command, context);
      call.moved = () => workOfChange(outcome, audience, context);
      // The sender of a finish knows its answer. A repetition may show the answers of others, so it is masked.
      const finished = command.type === 'finish' && outcome.ok && outcome.appliedVersion === undefined ? command.participant_id : undefined;
      return answer(seenBy(outcome, call.permit?.answers ?? finished), payload);
    };
  };
  /** Reads the present session, for a caller who may see it. */
  const readSession = async (payload: Parsed<'session:get'>, call: Call): Promise<Outcome> => {
    const context = contextOf('session:get', payload, call);
    const outcome = await engine.get(payload.session_id, context);
    call.moved = () => workOfReading(outcome, context);
    return outcome;
  };
  const readers = new FewAtOnce(READERS_AT_ONCE, (error) => error instanceof StoreUnavailableError);
  const switchTurn = timer('session:switch', switched);
  const switchBriefly = timer('session:switch', switchedBriefly);

  return {
    'session:create': async (payload, call) => {
      const session_id = payload.session_id ?? freshId(clock.now());
      const context = contextOf('session:create', payload, call);
      const owner = call.permit?.owner ?? call.address;
      const create = async (enter: Enter): Promise<Outcome> => {
        const place = await limits.owners?.claim(owner, session_id);
        if (place === null) return limited('owner_sessions', metrics);
        const session = { ...payload, session_id, owner_id: call.permit?.owner };
        // Enters the room of the session that it is about to create: no other session's events come there, and none is
        // missed.
        const outcome = await engine.create(session, context, payload.session_id === undefined, enter);
        // A repetition creates nothing: the first command's claim holds the place.
        await (outcome.ok && outcome.appliedVersion === undefined ? place?.keep() : place?.release());
        if (!outcome.ok || outcome.appliedVersion === undefined || call.membership === undefined) return outcome;
        const read = await readInRoom(enter, outcome.state, () => engine.get(session_id, contextOf('session:get', {}, call)));
        return read.ok ? { ...outcome, state: read.state } : outcome;
      };
      const outcome = await withMembership(call.membership, session_id, create);
      call.moved = () => workOfReading(outcome);
      return created(seenBy(outcome, call.permit?.answers));
    },

    // Joins the room first and reads afterwards, so that no update can fall between the two.
    'session:join': async (payload, call) => {
      const context = contextOf('session:join', payload, call);
      const { session_id, last_known_version: version = 0, last_known_epoch: epoch = 0, deltas = false } = payload;
      let reads = 0;
      const read = async () => {
        reads += 1;
        const found = await engine.get(session_id, context);
        if (!found.ok || epoch !== found.state.epoch || version <= found.state.version) return found;
        // The client has seen a version that Redis lost. It must get a newer one now, or it would ignore the answer.
        reads += 2;
        await archive.restore(session_id, incarnationOf(found.state), { epoch, version }, { claim: true });
        return engine.get(session_id, context);
      };
      const join = async (enter: Enter) => {
        const known = call.membership?.known(session_id) ?? engine.remembered(session_id);
        // A sender who may be in the room of an incarnation may also be there when that is over, since it gets no
        // messages then.
        const isAllowed = known !== undefined && ((await context.authorize?.(known, false)) ?? null) === null;
        return readInRoom(enter, isAllowed ? known : undefined, read);
      };
      const outcome = await withMembership(call.membership, session_id, (enter) => readers.run(session_id, () => join(enter)), deltas);
      call.moved = () => reads * workOfReading(outcome, context);
      return readAnswer(seenBy(outcome, call.permit?.answers), (state) => missedSince(state, payload));
    },

    'session:leave': async (payload, call) => {
      await call.membership?.leave(payload.session_id);
      return { ok: true, data: {} };
    },

    'session:get': async (payload, call) => {
      const outcome = await readers.run(payload.session_id, () => readSession(payload, call));
      return readAnswer(seenBy(outcome, call.permit?.answers));
    },

    'session:start': timer('session:start', started),
    'session:switch': limitSwitches(
      (payload, call, limit) => (payload.deltas === true ? switchBriefly : switchTurn)(payload, call, limit),
      limits,
      metrics,
    ),
    'session:pause': timer('session:pause', stateOrClock),
    'session:resume': timer('session:resume', stateOrClock),
    'session:finish': timer('session:finish', clockOf),
    'session:adjust': timer('session:adjust', adjusted),
    // Limited like a switch, since it makes a version, and everybody who plays may send it.
    'session:extend': limitSwitches(timer('session:extend', extended), limits, metrics),
    'session:undo': timer('session:undo'),
    'session:schedule': timer('session:schedule', adjusted),
    'session:edit': timer('session:edit', edited),
    'session:complete': timer('session:complete'),
    'session:cancel': timer('session:cancel'),

    'session:delete': async (payload, call) => {
      const outcome = await engine.execute(payload.session_id, { type: 'delete' }, contextOf('session:delete', payload, call));
      // Only tidies up, since a link is valid only for the session for which it was issued.
      if (outcome.ok && outcome.appliedVersion === undefined) await access?.links?.revokeAll(outcome.state).catch(() => {});
      return deleted(seenBy(outcome, call.permit?.answers));
    },

    'session:message': async (payload, call) => {
      const { session_id, message } = payload;
      const context = contextOf('session:message', payload, call);
      const bytes = Buffer.byteLength(JSON.stringify(message));
      context.limit = limits.messages?.limitOf(session_id, call.sender, bytes);
      const outcome = await engine.message(session_id, message, context);
      call.moved = () => workOfReading(outcome, context) + workOfTelling(bytes, outcome.ok ? audience(outcome.state).sockets : 0);
      return emptied(seenBy(outcome, call.permit?.answers));
    },

    'session:history': createHistoryCommand({ archive, trail, metrics }),

    ...accessCommands({
      access,
      codes,
      evict,
      read: async (payload, call) => seenBy(await readSession(payload, call), call.permit?.answers),
    }),

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
  const { command_id: id } = payload;
  return {
    arrival: Math.floor(call.arrival),
    expectedVersion: payload.expected_version,
    command: id === undefined ? undefined : keyOf(id, name, payload, call),
    actor: call.permit?.actor,
    authorize: call.permit?.authorize,
  };
}

function keyOf(id: string, name: CommandName, payload: CommandOptions, { permit, sender }: Call): CommandKey {
  return {
    id,
    sender: permit === undefined ? undefined : sender,
    fingerprint: fingerprint(name, payload, permit?.guard),
    rememberMs: REMEMBER_MS,
  };
}
