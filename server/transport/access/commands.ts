import type { SessionState } from '#contract';
import { findParticipant } from '#clock';
import { type Refusal, refuse } from '../../domain/refusal.ts';
import type { Outcome } from '../../engine/command-context.ts';
import type { Answer } from '../answers.ts';
import type { Call, CommandTable } from '../commands.ts';
import type { Parsed } from '../schemas.ts';
import type { Access } from './access.ts';
import type { JoinCodes } from './codes.ts';
import type { Links } from './links.ts';

export type AccessCommandName = 'session:share' | 'session:links' | 'session:revoke' | 'session:code' | 'code:open' | 'auth:refresh';

export interface AccessCommandsOptions {
  /** Undefined with AUTH_MODE=none. */
  access: Access | undefined;
  codes: Pick<JoinCodes, 'make' | 'open'>;
  /** Reads the present session, for a caller who may see it. */
  read(payload: Parsed<'session:get'>, call: Call): Promise<Outcome>;
  /** Disconnects all sockets that came by a link, on all instances. */
  evict(linkId: string): void;
}

/** The commands by which an owner manages share links and join codes, and by which a socket renews its token. */
export function accessCommands({ access, codes, read, evict }: AccessCommandsOptions): Pick<CommandTable, AccessCommandName> {
  /** Runs work on the links of an existing session, for its owner. */
  const onLinks =
    <Payload extends Parsed<'session:get'>>(work: (links: Links, session: SessionState, payload: Payload) => Promise<Answer>) =>
    async (payload: Payload, call: Call): Promise<Answer> => {
      if (access === undefined) return NOBODY_ASKED;
      if (access.links === undefined) return NO_SECRET;
      const { links } = access;
      const { session_id, expected_version, command_id } = payload;
      const outcome = await read({ session_id, expected_version, command_id }, call);
      return outcome.ok ? work(links, outcome.state, payload) : outcome;
    };

  return {
    'session:share': onLinks<Parsed<'session:share'>>(async (links, session, { role, participant_id: participant, expires_in }) => {
      if (participant !== undefined && findParticipant(session, participant) === undefined) return noParticipant(participant);
      const data = await links.issue(session, role, participant ?? null, expires_in);
      return data === null ? refuse('FORBIDDEN', 'This session has as many links as it may; revoke some') : { ok: true, data };
    }),

    'session:links': onLinks(async (links, session) => ({ ok: true, data: { links: await links.list(session) } })),

    'session:revoke': onLinks<Parsed<'session:revoke'>>(async (links, session, { link_id }) => {
      // The id of another session's link has no effect.
      if (await links.revoke(session, link_id)) evict(link_id);
      return { ok: true, data: {} };
    }),

    'session:code': async ({ way, participant_id: participant, expires_in, ...payload }, call) => {
      const links = access === undefined ? null : access.links;
      if (links === undefined) return NO_SECRET;
      if (links !== null && way === 'join') return NO_SEATS;
      const outcome = await read(payload, call);
      if (!outcome.ok) return outcome;
      if (participant !== undefined && findParticipant(outcome.state, participant) === undefined) return noParticipant(participant);
      const data = await codes.make(links, outcome.state, { way, participant_id: participant, expires_in }, call.sender);
      return 'ok' in data ? data : { ok: true, data };
    },

    'code:open': async ({ code }, call) => {
      const data = await codes.open(access?.links ?? null, code, call.address);
      return 'ok' in data ? data : { ok: true, data };
    },

    // With AUTH_MODE=none a token is ignored here as it is in the handshake.
    'auth:refresh': async ({ token }, call) => call.refresh?.(token) ?? { ok: true, data: { expires_at: null } },
  };
}

function noParticipant(id: string): Refusal {
  return refuse('PARTICIPANT_NOT_FOUND', `No participant ${id} in this session`);
}

const NO_SEATS: Refusal = refuse(
  'FORBIDDEN',
  'With roles nobody chooses who they are: make a code to play as one participant, or one to watch',
);

const NOBODY_ASKED: Refusal = refuse(
  'FORBIDDEN',
  'Nobody is asked who they are here (AUTH_MODE=none), so a link could not restrict anybody',
);

const NO_SECRET: Refusal = {
  ...refuse('SERVICE_UNAVAILABLE', 'This server signs no share links: LINK_SECRET is not set'),
  retryable: false,
};
