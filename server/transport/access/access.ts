import type { CommandName, JsonObject, Role } from '#contract';
import { type Refusal, refuse } from '../../domain/refusal.ts';
import { type AnswersSeen, EVERY_ANSWER } from '../../domain/told.ts';
import type { Authorize, Judged } from '../../engine/command-context.ts';
import type { Parsed } from '../schemas.ts';
import { linkRefusal, type Links } from './links.ts';
import { ANY_SESSION, type Principal, roleIn, unauthorized } from './principal.ts';

/** What a sender may do with a command: what the engine has to check and to record for them. */
export interface Permit {
  actor?: JsonObject;
  authorize?: Authorize;
  /** Whose hidden answers they see. */
  answers?: AnswersSeen;
  /** The `sub` of an ordinary user, who owns what they create. */
  owner?: string | undefined;
  /**
   * Whom the sender acts for, even if the payload does not say so: a switch applies only while this participant is
   * active, an extension is theirs.
   */
  guard?: string;
}

const READS = ['session:join', 'session:get', 'session:history'] as const;
const PLAYS = [
  ...READS,
  'session:message',
  'session:start',
  'session:switch',
  'session:pause',
  'session:resume',
  'session:finish',
  'session:extend',
] as const;
const CONTROLS = [...PLAYS, 'session:undo', 'session:edit', 'session:complete', 'session:cancel'] as const;

/** Which commands on a session each role may send. docs/SECURITY.md has the same table; a test compares them. */
const MAY: Record<Role, ReadonlySet<CommandName>> = {
  viewer: new Set(READS),
  participant: new Set(PLAYS),
  controller: new Set(CONTROLS),
  owner: new Set([
    ...CONTROLS,
    'session:create',
    'session:adjust',
    'session:schedule',
    'session:delete',
    'session:share',
    'session:links',
    'session:revoke',
    'session:code',
  ]),
};

/** For commands that need no role, since they concern only the sender's own socket. */
const FREE: Permit = {};

/** Decides for each command whether its sender may send it. */
export class Access {
  /** Undefined without a secret to sign share links. */
  readonly links: Links | undefined;
  readonly #now: () => number;

  constructor(links: Links | undefined, now: () => number) {
    this.links = links;
    this.#now = now;
  }

  /**
   * The permit of a command that passed its schema, or a refusal. Checks that need the session are left to the permit's
   * `authorize`.
   */
  permit<Name extends CommandName>(name: Name, payload: Parsed<Name>, principal: Principal | undefined): Permit | Refusal {
    // Whoever has a code is let in by it.
    if (name === 'time:sync' || name === 'code:open') return FREE;
    if (principal === undefined) return unauthorized('a token is required');
    if (principal.expires <= this.#now()) return unauthorized('the token has expired');
    if (name === 'auth:refresh' || name === 'session:leave') return FREE;
    const sessionId = (payload as { session_id?: string }).session_id;
    if (principal.sessions === undefined) return ofUser(principal, sessionId);
    // If the server is to choose the id, only a claim that covers every id covers it.
    const role = roleIn(principal.sessions, sessionId ?? ANY_SESSION);
    if (role === undefined) return noRole(sessionId);
    if (!MAY[role].has(name)) return forbid(`A ${role} may not ${verbOf(name)}`);
    const permit: Permit = { actor: actorOf(principal, role), answers: answersSeen(role, principal) };
    const refusal = role === 'participant' ? restrict(permit, name, payload, principal) : null;
    if (refusal !== null) return refusal;
    if (role === 'controller' && name === 'session:edit') permit.authorize = addsNobody(payload as Parsed<'session:edit'>);
    if (principal.link !== undefined) permit.authorize = this.#ofLink(principal.link, permit.authorize);
    return permit;
  }

  /**
   * Checks a link as well. Redis is asked at once, while the session is loaded, so the check costs no further round
   * trip.
   */
  #ofLink(link: NonNullable<Principal['link']>, authorize: Authorize | undefined): Authorize {
    const asked = this.links?.find(link) ?? Promise.resolve(null);
    // If the session cannot be read, nobody awaits this.
    asked.catch(() => {});
    return async (state, repeated) => linkRefusal(await asked, state) ?? authorize?.(state, repeated) ?? null;
  }
}

/**
 * The permit of an ordinary user, who owns what they created. About other sessions they learn nothing, not even whether
 * they exist.
 */
function ofUser(principal: Principal, sessionId: string | undefined): Permit {
  const authorize: Authorize = (state, repeated) => {
    // Who repeats their own command on a session that is gone by now, such as a deletion, gets its result.
    if (state === null) return repeated ? null : noRole(sessionId);
    return state.owner_id !== undefined && state.owner_id === principal.subject ? null : noRole(sessionId);
  };
  return { actor: actorOf(principal, 'owner'), authorize, answers: EVERY_ANSWER, owner: principal.subject };
}

/**
 * A participant may end only their own turn, extend only in their own name, move only the clock that is theirs in a
 * concurrent session, and pause only if the session allows participants to.
 */
function restrict(permit: Permit, name: CommandName, payload: object, { participantId }: Principal): Refusal | null {
  if (name === 'session:switch') {
    const { current_participant_id: current, next_participant_id: next, next_item_id } = payload as Parsed<'session:switch'>;
    if (participantId === undefined) return forbid('A participant without a participant_id may not switch');
    if ((current !== undefined && current !== participantId) || next === participantId) {
      return forbid('A participant may only switch away from themselves');
    }
    if (next_item_id !== undefined) return forbid('A participant may go on to the next item only');
    permit.guard = participantId;
  }
  if (name === 'session:extend') {
    const { participant_id: named } = payload as Parsed<'session:extend'>;
    if (participantId === undefined) return forbid('A participant without a participant_id may not extend');
    if (named !== undefined && named !== participantId) return forbid('A participant may only extend in their own name');
    permit.guard = participantId;
  }
  if (name !== 'session:start' && name !== 'session:finish' && name !== 'session:pause' && name !== 'session:resume') return null;
  const { participant_id: named } = payload as Partial<Parsed<'session:finish'>>;
  const isOwn = named !== undefined && named === participantId;
  if (name === 'session:start' && named === undefined) return forbid('A participant may not start');
  if (named !== undefined && !isOwn) return forbid(`A participant may only ${verbOf(name)} their own clock`);
  if (name === 'session:finish') return null;
  permit.authorize = (state) => {
    const allowed = state === null || (name === 'session:start' ? mayStart(state) : mayPause(state, isOwn) && isIn(state, participantId));
    return allowed ? null : forbid(`In this session, a participant may not ${verbOf(name)}`);
  };
  return null;
}

/** Refuses an edit by which somebody would join, since only the owner gives time. */
function addsNobody({ participants = [] }: Parsed<'session:edit'>): Authorize {
  return (state) => {
    const known = new Set(state?.participants?.map((one) => one.participant_id));
    const isNew = state !== null && participants.some((one) => !known.has(one.participant_id));
    return isNew ? forbid('A controller may not let participants join') : null;
  };
}

/** Whether a participant takes part in the session: they have not withdrawn. */
function isIn({ participants = [] }: Judged, id: string | undefined): boolean {
  return !participants.some((one) => one.participant_id === id && one.withdrawn === true);
}

function answersSeen(role: Role, { participantId }: Principal): AnswersSeen {
  if (role === 'viewer') return undefined;
  return role === 'participant' ? participantId : EVERY_ANSWER;
}

/** Whether a participant may start the clock that is theirs. */
function mayStart({ status, participants_may_start }: Judged): boolean {
  return participants_may_start === true || status !== 'pending';
}

/** Whether a participant may pause and resume: of a concurrent session nothing but the clock that is theirs. */
function mayPause({ participants_may_pause, concurrent }: Judged, isOwn: boolean): boolean {
  return participants_may_pause === true && (isOwn || concurrent !== true);
}

/** The sender as the trail records them: the claims of their token and their role. */
function actorOf({ subject, participantId, link }: Principal, role: Role): JsonObject {
  const actor: JsonObject = { role };
  if (subject !== undefined) actor['sub'] = subject;
  if (participantId !== undefined) actor['participant_id'] = participantId;
  if (link !== undefined) actor['link_id'] = link.id;
  return actor;
}

function noRole(sessionId: string | undefined): Refusal {
  return forbid(sessionId === undefined ? 'You may not create sessions' : `You have no role in session ${sessionId}`);
}

function forbid(message: string): Refusal {
  return refuse('FORBIDDEN', message);
}

function verbOf(name: CommandName): string {
  return name.slice(name.indexOf(':') + 1);
}
