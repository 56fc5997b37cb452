import type { SessionState } from '#contract';
import type { CommandContext, Outcome } from '../engine/command-context.ts';
import type { SessionIncarnation } from '../engine/incarnation.ts';

/** How many sockets of this instance are told of a session, and how many of these only what has changed. */
export interface Audience {
  sockets: number;
  brief: number;
}

/** Finds the audience of a session. */
export type AudienceOf = (session: SessionIncarnation) => Audience;

/** About how many bytes a state, a participant and a group have besides their ids and free JSON. */
const STATE_BYTES = 500;
const PARTICIPANT_BYTES = 220;
const GROUP_BYTES = 120;
/** What a command may move if its session is not in the session cache and has to be read. */
const UNKNOWN_BYTES = 128 * 1024;
/** From this size on a lost race is charged for. */
const RACING_BYTES = 64 * 1024;
/**
 * What sending to one more socket costs, in bytes made, and one byte of it in as many bytes sent: a message is made
 * once and copied often.
 */
const SOCKET_BYTES = 256;
const COPIED = 256;
/** About the size of the changes of a large session. */
const CHANGES_BYTES = 1_000;

/**
 * Charges a deposit for what a command will move: otherwise many commands that are sent at once would all be accepted
 * before the first is charged. Commands of one sender on one large session at once race each other, and the losers read
 * it again: so each costs as many times more as there are others.
 */
export class Deposits {
  readonly #inHand = new Map<string, number>();
  readonly #remembered: (sessionId: string) => SessionState | undefined;

  /** @param remembered the state of a session that this instance remembers */
  constructor(remembered: (sessionId: string) => SessionState | undefined) {
    this.#remembered = remembered;
  }

  /** The deposit of a command, and what to call when it is done. */
  take(sessionId: string, sender: string): { bytes: number; done(): void } {
    const key = `${sessionId}/${sender}`;
    const count = (this.#inHand.get(key) ?? 0) + 1;
    this.#inHand.set(key, count);
    const done = () => {
      const left = (this.#inHand.get(key) ?? 1) - 1;
      if (left === 0) this.#inHand.delete(key);
      else this.#inHand.set(key, left);
    };
    const state = this.#remembered(sessionId);
    if (state === undefined) return { bytes: UNKNOWN_BYTES, done };
    const bytes = bytesOf(state);
    // Once for reading or writing, once for the answer.
    return { bytes: 2 * bytes * (bytes > RACING_BYTES ? count : 1), done };
  }
}

/** How many bytes a command moved that only reads a session, besides its frame and its reply. */
export function workOfReading(outcome: Outcome, { read }: Pick<CommandContext, 'read'> = {}): number {
  const state = outcome.ok ? outcome.state : read;
  return state == null ? 0 : bytesOf(state);
}

/**
 * How many bytes a command moved that changed a session, besides its frame and its reply: the state that it wrote, and
 * what it sent to the room.
 * @param lost how many races it lost, each of which made it read the session again
 */
export function workOfChange(outcome: Outcome, audienceOf: AudienceOf, context: Pick<CommandContext, 'read' | 'lost'>): number {
  if (!outcome.ok) return workOfReading(outcome, context);
  const { lost = 0 } = context;
  const bytes = bytesOf(outcome.state);
  // A repetition changed nothing.
  if (outcome.appliedVersion !== undefined) return bytes;
  const { sockets, brief } = audienceOf(outcome.state);
  return bytes * (1 + lost) + workOfTelling(bytes, sockets - brief) + workOfTelling(CHANGES_BYTES, brief);
}

/** What sending so many bytes to so many sockets costs. */
export function workOfTelling(bytes: number, sockets: number): number {
  return sockets * (SOCKET_BYTES + bytes / COPIED);
}

/** About how long the JSON of a state is, estimated without making it, since commands have no time for that. */
function bytesOf({ participants, groups, metadata, action_on_timeout }: SessionState): number {
  let bytes = STATE_BYTES + lengthOf(metadata) + lengthOf(action_on_timeout);
  for (const { participant_id, group_id, name, metadata: own = null } of participants) {
    bytes += PARTICIPANT_BYTES + participant_id.length + (group_id?.length ?? 0) + (name?.length ?? 0) + lengthOf(own);
  }
  for (const { group_id, members } of groups) {
    bytes += GROUP_BYTES + group_id.length;
    for (const member of members) bytes += member.length;
  }
  return bytes;
}

const lengths = new WeakMap<object, number>();

/** How long free JSON is. States share the object, so it is measured once. */
function lengthOf(json: object | null): number {
  if (json === null) return 0;
  let length = lengths.get(json);
  if (length === undefined) lengths.set(json, (length = JSON.stringify(json).length));
  return length;
}
