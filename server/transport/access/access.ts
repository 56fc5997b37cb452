import type { CommandName, JsonObject, Role } from '#contract';
import { type Refusal, refuse } from '../../domain/refusal.ts';
import type { Authorize } from '../../engine/command-context.ts';
import type { Parsed } from '../schemas.ts';
import { linkRefusal, type Links } from './links.ts';
import { ANY_SESSION, type Principal, roleIn, unauthorized } from './principal.ts';

/** What somebody may do with a command: what the engine has to ask and note for them. */
export interface Permit {
  actor?: JsonObject;
  authorize?: Authorize;
  /** An ordinary user, who owns what they create. */
  owner?: string | undefined;
  /** A switch applies only while this participant is the active one, also where the payload does not say so. */
  guard?: string;
}

const READS = ['session:join', 'session:get', 'session:history'] as const;
const PLAYS = [...READS, 'session:message', 'session:switch', 'session:pause', 'session:resume'] as const;

/**
 * Which commands on a session each role may send. docs/SECURITY.md has the same as a table, which a test walks through.
 */
const MAY: Record<Role, ReadonlySet<CommandName>> = {
  viewer: new Set(READS),
  participant: new Set(PLAYS),
  controller: new Set([...PLAYS, 'session:start', 'session:complete', 'session:cancel']),
  owner: new Set([
    ...PLAYS,
    'session:start',
    'session:complete',
    'session:cancel',
    'session:create',
    'session:adjust',
    'session:delete',
    'session:share',
    'session:links',
    'session:revoke',
  ]),
};

/** For those who need no role: it concerns nobody but their own socket. */
const FREE: Permit = {};

/** Says of each command whether its sender may. */
export class Access {
  /** Undefined where there is no secret to sign share links with. */
  readonly links: Links | undefined;
  readonly #now: () => number;

  constructor(links: Links | undefined, now: () => number) {
    this.links = links;
    this.#now = now;
  }

  /** What a command may do that passed its schema. What depends on the session is left to the permit's `authorize`. */
  permit<Name extends CommandName>(name: Name, payload: Parsed<Name>, principal: Principal | undefined): Permit | Refusal {
    if (name === 'time:sync') return FREE;
    if (principal === undefined) return unauthorized('a token is required');
    if (principal.expires <= this.#now()) return unauthorized('the token has expired');
    if (name === 'auth:refresh' || name === 'session:leave') return FREE;
    const sessionId = (payload as { session_id?: string }).session_id;
    if (principal.sessions === undefined) return ofUser(principal, sessionId);
    // An id that the server is to make up is covered only by what covers every id.
    const role = roleIn(principal.sessions, sessionId ?? ANY_SESSION);
    if (role === undefined) return noRole(sessionId);
    if (!MAY[role].has(name)) return forbid(`A ${role} may not ${verbOf(name)}`);
    const permit: Permit = { actor: actorOf(principal, role) };
    const refusal = role === 'participant' ? restrict(permit, name, payload, principal) : null;
    if (refusal !== null) return refusal;
    if (principal.link !== undefined) permit.authorize = this.#ofLink(principal.link, permit.authorize);
    return permit;
  }

  /** Redis is asked at once, while the session is loaded: whether a link is good costs no round trip more. */
  #ofLink(link: NonNullable<Principal['link']>, authorize: Authorize | undefined): Authorize {
    const asked = this.links?.find(link) ?? Promise.resolve(null);
    // The session may turn out to be out of reach first, and then nobody waits for this.
    asked.catch(() => {});
    return async (state, repeated) => linkRefusal(await asked, state) ?? authorize?.(state, repeated) ?? null;
  }
}

/** An ordinary user owns what they created; about all else they learn nothing, not even whether it is there. */
function ofUser(principal: Principal, sessionId: string | undefined): Permit {
  const authorize: Authorize = (state, repeated) => {
    // Who repeats a command of their own on a session that is gone by now, a deletion for one, is told what became of
    // it.
    if (state === null) return repeated ? null : noRole(sessionId);
    return state.owner_id !== undefined && state.owner_id === principal.subject ? null : noRole(sessionId);
  };
  return { actor: actorOf(principal, 'owner'), authorize, owner: principal.subject };
}

/** A participant ends their own turn only, and stops the clock only where the session lets participants do that. */
function restrict(permit: Permit, name: CommandName, payload: object, { participantId }: Principal): Refusal | null {
  if (name === 'session:switch') {
    const { current_participant_id: current, next_participant_id: next } = payload as Parsed<'session:switch'>;
    if (participantId === undefined) return forbid('A participant without a participant_id may not switch');
    if ((current !== undefined && current !== participantId) || next === participantId) {
      return forbid('A participant may only switch away from themselves');
    }
    permit.guard = participantId;
  }
  if (name === 'session:pause' || name === 'session:resume') {
    permit.authorize = (state) =>
      state === null || state.participants_may_pause === true ? null : forbid(`In this session, a participant may not ${verbOf(name)}`);
  }
  return null;
}

/** Who did it, as the trail tells: what their token said, and in which role. */
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
