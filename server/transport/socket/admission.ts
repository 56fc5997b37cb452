import type { AuthExpiredEvent, RefreshData } from '#contract';
import { iso } from '#clock';
import { type Refusal, refuse } from '../../domain/refusal.ts';
import { Alarms } from '../../engine/alarms.ts';
import type { Logger } from '../../observability/logger.ts';
import type { Access } from '../access/access.ts';
import { bearerOf } from '../access/bearer.ts';
import { identityOf, type Principal, senderOf } from '../access/principal.ts';
import type { TokenVerifier } from '../access/tokens.ts';
import type { CommandHandler, Request } from '../command-handler.ts';
import type { Answer } from '../answers.ts';
import { every } from '../../util/every.ts';
import { type GatewaySocket, type IoServer, whoseRoom } from './rooms.ts';
import type { SocketMembership } from './room-membership.ts';

/** A revocation whose message was lost with its instance takes effect within this time. */
const LOOK_INTERVAL_MS = 2_000;

/** The message that tells other instances of a revoked link. */
const REVOKED = 'link:revoked';

export interface AdmissionOptions {
  io: IoServer;
  tokens: TokenVerifier;
  access: Access;
  handler: Pick<CommandHandler, 'handle'>;
  now(): number;
  logger: Logger;
}

/**
 * Checks the tokens of sockets when they connect, replaces them, and disconnects sockets whose token expires or whose
 * link is revoked.
 */
export class Admission {
  readonly #options: AdmissionOptions;
  /** When tokens expire, by socket. */
  readonly #ends: Alarms;
  /** The sockets of this instance that came by a link. */
  readonly #holders = new Map<string, { link: NonNullable<Principal['link']>; sockets: Set<GatewaySocket> }>();
  readonly #stop = new AbortController();
  #looking: Promise<void> = Promise.resolve();

  constructor(options: AdmissionOptions) {
    const { io, now } = options;
    this.#options = options;
    this.#ends = new Alarms(now, (id) => {
      const socket = io.of('/').sockets.get(id);
      if (socket !== undefined) this.#sendAway(socket, 'expired');
    });
  }

  /** Begins to check links of connected sockets, and to hear of revocations on other instances. */
  start(): void {
    const { io } = this.#options;
    io.on(REVOKED, (linkId) => this.#evictHere(linkId));
    this.#looking = every(
      LOOK_INTERVAL_MS,
      this.#stop.signal,
      () => this.#look(),
      (error) => this.#options.logger.debug({ err: error }, 'could not look whether links are good'),
    );
  }

  /** Ends the checks; resolves when the present one is over. */
  async close(): Promise<void> {
    this.#ends.close();
    this.#stop.abort();
    await this.#looking;
  }

  /** Checks a socket's token. Returns the refusal; undefined if it is admitted. */
  async admit(socket: GatewaySocket): Promise<Refusal | undefined> {
    const { auth, headers } = socket.handshake;
    const token = (auth as { token?: unknown } | undefined)?.token ?? bearerOf(headers.authorization);
    const principal = await this.#options.tokens.verify(token);
    if ('ok' in principal) return principal;
    socket.data.principal = principal;
    return undefined;
  }

  /** Watches an admitted socket's token and link. */
  watch(socket: GatewaySocket): void {
    const { principal } = socket.data;
    if (principal === undefined) return;
    this.#ends.set(socket.id, principal.expires);
    if (principal.link !== undefined) this.#hold(socket, principal.link);
    socket.on('disconnect', () => this.#ends.set(socket.id, null));
  }

  /**
   * Gives a socket another token of the same user. Its rights apply from the next command on, and rooms that it does
   * not allow are left at once.
   */
  async refresh(
    socket: GatewaySocket,
    token: string,
    call: { membership: SocketMembership; address: string; moved(bytes: number): void },
  ): Promise<Answer> {
    const former: Principal | undefined = socket.data.principal;
    const principal = await this.#options.tokens.verify(token);
    if ('ok' in principal) return principal;
    if (former === undefined || identityOf(principal) !== identityOf(former)) {
      return refuse('FORBIDDEN', 'This token is somebody else’s; connect anew with it');
    }
    // Set before the rooms are checked, so that none is joined with the former token meanwhile. Joins under way are
    // awaited, and their rooms are checked too.
    socket.data.principal = principal;
    await call.membership.settled();
    const others = await this.#sessionsWithout(socket, principal, call);
    if (others === null) {
      if (socket.data.principal === principal) socket.data.principal = former;
      return refuse('SERVICE_UNAVAILABLE', 'Whether this token allows the joined sessions can’t be found out now; try again');
    }
    if (socket.connected) this.#ends.set(socket.id, principal.expires);
    for (const sessionId of others) await call.membership.leave(sessionId);
    return { ok: true, data: { expires_at: iso(principal.expires) } satisfies RefreshData };
  }

  /** Disconnects all sockets that came by a link, on all instances. */
  evict(linkId: string): void {
    this.#evictHere(linkId);
    this.#options.io.serverSideEmit(REVOKED, linkId);
  }

  /** The sessions whose rooms a socket is in but may not be; null if that is unknown now. */
  async #sessionsWithout(
    socket: GatewaySocket,
    principal: Principal,
    { address, moved }: { address: string; moved(bytes: number): void },
  ): Promise<string[] | null> {
    const { handler, now } = this.#options;
    const others: string[] = [];
    const sessions = new Set([...socket.rooms].flatMap((room) => whoseRoom(room)?.sessionId ?? []));
    for (const session_id of sessions) {
      const ids = { socket: socket.id };
      const sender = senderOf(principal, address);
      const payload = { session_id };
      const request: Request = { name: 'session:get', payload, principal, arrival: now(), address, sender, membership: undefined, ids };
      const reply = await handler.handle(request);
      moved(request.moved?.() ?? 0);
      if (reply.ok) continue;
      if (reply.error.retryable) return null;
      others.push(session_id);
    }
    return others;
  }

  #hold(socket: GatewaySocket, link: NonNullable<Principal['link']>): void {
    const holder = this.#holders.get(link.id) ?? { link, sockets: new Set() };
    this.#holders.set(link.id, holder);
    holder.sockets.add(socket);
    socket.on('disconnect', () => {
      holder.sockets.delete(socket);
      if (holder.sockets.size === 0 && this.#holders.get(link.id) === holder) this.#holders.delete(link.id);
    });
  }

  #evictHere(linkId: string): void {
    for (const socket of this.#holders.get(linkId)?.sockets ?? []) this.#sendAway(socket, 'revoked');
  }

  #sendAway(socket: GatewaySocket, reason: AuthExpiredEvent['reason']): void {
    socket.emit('auth:expired', { reason, server_time_ms: Math.floor(this.#options.now()) });
    socket.disconnect(true);
  }

  /** Checks each link by which a socket of this instance came, once each. */
  async #look(): Promise<void> {
    const { links } = this.#options.access;
    for (const { link } of this.#holders.values()) {
      if ((await links?.find(link)) === null) this.#evictHere(link.id);
    }
  }
}
