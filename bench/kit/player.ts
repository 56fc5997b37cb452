import { io, type Socket } from 'socket.io-client';
import type { Reply, SessionState, SwitchData, TimeControl } from '#contract';
import type { Side, Stage } from './stage.ts';

const CONNECT_DEADLINE_MS = 5_000;
/** The longest bank of the contract: no flag falls while a row runs. */
const BANK_MS = 86_400_000;

/** Connects a client; rejects when that takes longer than 5 s. */
export async function connectClient(url: string): Promise<Socket> {
  const socket = io(url, { transports: ['websocket'], forceNew: true, reconnection: false, timeout: CONNECT_DEADLINE_MS });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  return socket;
}

/** Sends a command and resolves with the data of its success. Sets no timer: the caller sets one for many commands. */
export async function call<Data>(socket: Socket, name: string, payload: unknown): Promise<Data> {
  const reply = await new Promise<Reply<Data>>((resolve) => socket.emit(name, payload, resolve));
  if (!reply.ok) throw new Error(`${name} was refused: ${JSON.stringify(reply).slice(0, 300)}`);
  return reply.data;
}

/**
 * One client with a game of two participants, which it switches back and forth, on either side with the same payload.
 */
export class Player {
  readonly socket: Socket;
  readonly #sessionId: string;
  readonly #keyed: boolean;
  readonly #deltas: boolean;
  #active: string | null;
  #sent = 0;

  private constructor(socket: Socket, state: SessionState, keyed: boolean, deltas = false) {
    this.socket = socket;
    this.#sessionId = state.session_id;
    this.#active = state.active_participant_id;
    this.#keyed = keyed;
    this.#deltas = deltas;
    // Parsing what the room is told costs the client the same on both sides.
    socket.on('session:update', () => {});
  }

  /** Opens a game on the service. `keyed`: each switch carries a `command_id`, as the SDK's do. */
  static async ofService(url: string, sessionId: string, keyed: boolean): Promise<Player> {
    const socket = await connectClient(url);
    const participants = ['white', 'black'].map((participant_id) => ({ participant_id, total_time_ms: BANK_MS }));
    await call(socket, 'session:create', { session_id: sessionId, sync_mode: 'per_participant', participants, increment_ms: 2000 });
    return new Player(socket, await call<SessionState>(socket, 'session:start', { session_id: sessionId }), keyed);
  }

  /** Opens a game of two with a time control on the service. */
  static async withTimeControl(url: string, sessionId: string, time_control: TimeControl): Promise<Player> {
    const socket = await connectClient(url);
    const participants = ['white', 'black'].map((participant_id) => ({ participant_id }));
    await call(socket, 'session:create', { session_id: sessionId, sync_mode: 'per_participant', participants, time_control });
    return new Player(socket, await call<SessionState>(socket, 'session:start', { session_id: sessionId }), false);
  }

  /** Opens a game of so many participants and takes changes, as the SDK does. */
  static async amongMany(url: string, sessionId: string, count: number): Promise<Player> {
    const socket = await connectClient(url);
    const participants = Array.from({ length: count }, (_, n) => ({ participant_id: `participant-${n}`, total_time_ms: BANK_MS }));
    await call(socket, 'session:create', { session_id: sessionId, sync_mode: 'per_participant', participants, increment_ms: 2000 });
    await call(socket, 'session:join', { session_id: sessionId, deltas: true });
    return new Player(socket, await call<SessionState>(socket, 'session:start', { session_id: sessionId }), false, true);
  }

  /**
   * Opens the same game on the control, which is handed a state of the service so that both sides send the same bytes.
   */
  static async ofControl(url: string, like: Player, keyed: boolean): Promise<Player> {
    const state = await call<SessionState>(like.socket, 'session:get', { session_id: like.#sessionId });
    const socket = await connectClient(url);
    await call(socket, 'control:open', state);
    return new Player(socket, state, keyed);
  }

  /** One switch; resolves when it is acknowledged. */
  async switch(): Promise<void> {
    const guarded = { session_id: this.#sessionId, current_participant_id: this.#active };
    const payload = this.#deltas ? { ...guarded, deltas: true } : guarded;
    const sent = this.#keyed ? { ...payload, command_id: `command-0000-0000-0000-${++this.#sent}` } : payload;
    this.#active = (await call<SwitchData>(this.socket, 'session:switch', sent)).active_participant_id;
  }

  close(): void {
    this.socket.close();
  }
}

/** Players of both sides, one on each url in turn, `count` a side. */
export async function seatPlayers(
  stage: Stage,
  urls: Record<Side, string[]>,
  count: number,
  keyed = false,
): Promise<Record<Side, Player[]>> {
  const players: Record<Side, Player[]> = { service: [], control: [] };
  const urlAt = (side: Side, index: number) => urls[side][index % urls[side].length] ?? '';
  for (let index = 0; index < count; index++) {
    const player = await Player.ofService(urlAt('service', index), `bench-game-${index}`, keyed);
    players.service.push(player);
    const url = urlAt('control', index);
    players.control.push(
      await (stage.isAgainstService ? Player.ofService(url, `bench-game-${index}`, keyed) : Player.ofControl(url, player, keyed)),
    );
  }
  return players;
}

/** Rejects when the work takes longer than `ms`: no row may hang. */
export async function within<Result>(ms: number, what: string, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms} ms`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
