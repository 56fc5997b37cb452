/** Plays a sequence through the server and the client in memory, and writes down everything that anybody would see. */
import { setImmediate } from 'node:timers/promises';
import { Dice } from './dice.ts';
import { type Create, drawGame, spoil } from './games.ts';
import { type Instance, isChanges, openInstance, type Principal, type Reply, type SessionState, type SwitchData } from './house.ts';
import { bounded, lengthOf, type Order, orderOf } from './orders.ts';
import { type Committed, MemoryRedis } from './redis.ts';
import { judge } from './rows.ts';
import { drawSteps, type Step, type Wish } from './steps.ts';
import { briefOf, isLeftOut, MemoryTrail } from './trail.ts';
import { Transcript } from './transcript.ts';
import { Watcher } from './watcher.ts';

const BEGINNINGS = ['2026-06-01T12:00:00.000Z', '2027-12-31T23:59:59.900Z', '2028-02-28T23:59:00.001Z'];
const IDS = ['auth0|game:1', '__proto__', 'constructor', 'x'.repeat(128), 'game-3~b@c.d'];
const EVENT_OF = '"packet":{"type":2,"nsp":"/","data":';
const END_OF = '}}}';
/** A clock that runs out later than this has no part in a step. */
const FAR_MS = 200_000;
/** For how long after its arrival a command is still judged as of its arrival. */
const LONG_MS = 2_000;

interface Player {
  instance: Instance;
  /** By how many ms its clock is wrong, until it takes a sample. */
  clock: { error: number };
}

/** One thing that is asked of an instance. */
interface Turn {
  on: number;
  /** How many ms pass until Redis answers. */
  lag: number;
  sender: number;
  /** What another instance does before this is done. */
  meanwhile?: (() => Promise<void>) | undefined;
}

/** What begins and ends each sequence is asked of the first instance by the owner. */
const FIRST: Turn = { on: 0, lag: 0.5, sender: 0 };

/** Plays a sequence. The same number leads to the same text for as long as nothing changes. */
export async function play(number: number): Promise<string> {
  const sequence = new Sequence(number);
  await sequence.run();
  // The server counts its commands in the next turn of the event loop.
  await setImmediate();
  return sequence.transcript.text;
}

class Sequence {
  readonly transcript = new Transcript();
  readonly #dice: Dice;
  readonly #game: Create;
  readonly #steps: Step[];
  readonly #redis: MemoryRedis;
  readonly #trail = new MemoryTrail();
  readonly #watcher: Watcher;
  readonly #settings: { graceMs: number; idleMs: number; idleRunMs: number; audit: boolean; asks: boolean };
  #players: Player[] = [];
  #step: Step | undefined;
  /** What the last commit told rooms. */
  #told: string[] = [];

  constructor(number: number) {
    const dice = new Dice(Math.imul(number + 1, 0x9e3779b1));
    this.#dice = dice;
    const id = dice.chance(0.9) ? `game-${number}` : dice.pick(IDS);
    this.#game = drawGame(dice, number, id);
    this.#settings = {
      graceMs: dice.weighted([
        [8, 20],
        [1, 0],
        [1, 300],
      ]),
      idleMs: dice.weighted([
        [8, 3_600_000],
        [1, 5_000],
      ]),
      idleRunMs: dice.weighted([
        [4, 0],
        [3, 86_400_000],
        [1, 60_000],
        [1, 2_000],
      ]),
      audit: dice.chance(0.96),
      asks: dice.chance(0.15),
    };
    this.#steps = drawSteps(dice);
    this.#redis = new MemoryRedis(Date.parse(dice.pick(BEGINNINGS)) + number / 8);
    this.#redis.committed = (what) => this.#committed(what);
    this.#redis.published = (text) => this.#published(text);
    this.#watcher = new Watcher(id, this.transcript);
    this.#players = [this.#open(), this.#open()];
    this.transcript.say(`sequence ${number} ${JSON.stringify(this.#settings)}`);
  }

  async run(): Promise<void> {
    if (this.#dice.chance(0.15)) await this.#ask({ name: 'session:create', payload: spoil(this.#dice, this.#game) }, FIRST);
    const key = this.#dice.chance(0.1) ? { command_id: 'key' } : {};
    await this.#ask({ name: 'session:create', payload: { ...this.#game, ...key } }, FIRST);
    let over = 0;
    for (const [number, step] of this.#steps.entries()) {
      await this.#take(step, number);
      // A few more commands find the session over; the rest would tell nothing new.
      over = this.#state?.deadline_at === null && this.#state.session_completed_at !== null ? over + 1 : 0;
      if (over === 4) break;
    }
    await this.#ask({ name: 'session:history', payload: { session_id: this.#game.session_id, after_version: 1, limit: 3 } }, FIRST);
    if (this.#dice.chance(0.4)) judge(this.#trail, this.#dice, this.transcript);
  }

  #open(): Player {
    const redis = this.#redis;
    const wrong = { error: 0 };
    const told = (frame: string) =>
      frame === `2${this.#told.shift()}` ? 'its own room is told the same' : `its own room is told ${frame}`;
    const instance = openInstance({
      ...this.#settings,
      store: redis.store,
      trail: this.#settings.audit ? this.#trail.trail : undefined,
      marks: { mark: async () => redis.outages, alive: () => {}, close: async () => {} },
      presence: { last: async () => redis.seen },
      clock: {
        now: () => redis.now + wrong.error,
        sample: async () => {
          const moved = -wrong.error;
          wrong.error = 0;
          return moved;
        },
      },
      framed: (frame) => this.transcript.say(told(frame)),
    });
    return { instance, clock: wrong };
  }

  async #take(step: Step, number: number): Promise<void> {
    const redis = this.#redis;
    this.#step = step;
    redis.now += lengthOf(step.wait, this.#moment());
    const { on, error, lag, sender, wish, meanwhile: other } = step;
    for (const [place, { clock }] of this.#players.entries()) clock.error = place === on ? error : 0;
    const faster = other && (() => this.#wish(other, step, number, { on: 1 - on, lag: 0.25, sender }));
    await this.#wish(wish, step, number, { on, lag, sender, meanwhile: faster });
    this.#watcher.look(redis.now);
  }

  /** As Redis has it, else as the trail has it. */
  get #state(): SessionState | null {
    return this.#redis.state ?? this.#trail.state;
  }

  #moment() {
    const { now, warnings } = this.#redis;
    return { game: this.#game, state: this.#state, now, warnings, idleRunMs: this.#settings.idleRunMs };
  }

  async #wish(wish: Wish, step: Step, number: number, turn: Turn): Promise<void> {
    const redis = this.#redis;
    const order = orderOf(wish, step, this.#moment(), number);
    if (order !== null) return this.#ask(order, turn);
    this.transcript.say(`> ${redis.now} ${JSON.stringify(wish)}`);
    switch (wish.type) {
      case 'attend':
        this.#delay(turn);
        await this.#players[turn.on]?.instance.handleDue(this.#game.session_id);
        break;
      case 'outage': {
        const from = Math.floor(redis.now + wish.from);
        const to = Math.floor(from + bounded(wish.ms, this.#state, from));
        redis.outages = [...redis.outages, { from, to }];
        redis.now = Math.max(redis.now, to);
        this.#players = [this.#open(), this.#open()];
        break;
      }
      case 'lose':
        redis.lose();
        this.#trail.lose(wish.events);
        break;
      case 'restart':
        this.#trail.lose(Math.min(redis.restart(wish.versions), wish.events));
        break;
      default:
    }
  }

  /** Time that passes until Redis says something for the first time, and what somebody else does meanwhile. */
  #delay({ lag, meanwhile }: Turn): void {
    const redis = this.#redis;
    redis.meanwhile = async () => {
      redis.meanwhile = async () => {};
      redis.now += this.#patient(lag);
      await meanwhile?.();
    };
  }

  /**
   * Whoever meets a clock that has run out waits for the end of the grace, which here has to be over by then: nobody
   * really waits.
   */
  #patient(lag: number): number {
    const { graceMs, idleRunMs } = this.#settings;
    const state = this.#state;
    if (state !== null && state.status !== 'running') return lag;
    const due = state?.deadline_at == null ? 0 : Date.parse(state.deadline_at);
    if (due > this.#redis.now + FAR_MS && (idleRunMs === 0 || idleRunMs > FAR_MS)) return lag;
    return Math.max(Math.min(lag, LONG_MS), graceMs + 1 + Math.max(0, this.#step?.error ?? 0));
  }

  async #ask({ name, payload }: Order, turn: Turn): Promise<void> {
    const { on, sender } = turn;
    const player = this.#players[on];
    if (player === undefined) return;
    const { asks } = this.#settings;
    const arrival = this.#redis.now + player.clock.error;
    this.transcript.say(`> ${arrival} ${on}${asks ? ` ${sender}` : ''} ${String(name)} ${JSON.stringify(payload)}`);
    const isSwitch = name === 'session:switch';
    if (isSwitch) this.#watcher.predict(arrival, (payload as { next_participant_id?: string } | null)?.next_participant_id);
    this.#delay(turn);
    const answer = await player.instance.handle(name, payload, arrival, asks ? senders(this.#game)[sender] : undefined);
    this.transcript.say(`< ${answer}`);
    const reply = JSON.parse(answer) as Reply<unknown>;
    if (isSwitch) this.#watcher.answered(reply.ok ? (reply.data as SwitchData) : null);
    else if (reply.ok && name === 'session:join') this.#redis.seen = Math.floor(this.#redis.now);
    else if (reply.ok && /:(?:get|create|start|pause|resume|adjust|complete|cancel)$/.test(String(name))) {
      this.#watcher.learn(reply.data as SessionState);
    }
  }

  #committed({ commit, sent, entries, published }: Committed): void {
    const { transcript } = this;
    const { nextDue, lifetimeMs, notBefore, warnings, sameClock, expiredSince } = commit;
    transcript.say(
      `commit ${JSON.stringify({ attention: nextDue, lifetimeMs, notBefore, warnings, sameClock, expiredSince })} ${sent.lastHash}`,
    );
    for (const { event, state } of entries) {
      transcript.say(`event ${event}`);
      const text = state.replace(/^\{"schema":1,/, '{');
      if (isLeftOut({ event, state })) transcript.say(`brief ${briefOf(state)}`);
      // The last event of a commit: Redis has the state after it.
      else if (isChanges(state))
        transcript.show(JSON.stringify(this.#redis.state), JSON.parse(event) as { version: number; epoch: number });
      else if (text !== '') transcript.show(text, JSON.parse(event) as { version: number; epoch: number });
      this.#trail.take({ event, state });
    }
    const { state } = this.#redis;
    // What is not in the trail is told to the room.
    const last = entries.at(-1);
    if (state !== null && (last === undefined || isLeftOut(last))) transcript.show(JSON.stringify(state), state);
    this.#told = published.map((text) => this.#published(text));
  }

  /** A publication: what comes with it for instances, and what the room is told, which it returns. */
  #published(text: string): string {
    const begins = text.indexOf(EVENT_OF);
    const told = text.slice(begins + EVENT_OF.length, -END_OF.length);
    this.transcript.say(`told ${text.slice(0, begins).replace('"nsp":"/","type":3,', '')} ${told}`);
    const [event, payload] = JSON.parse(told) as [string, never];
    const aside = /"aside":(\{.*\}),"data":/.exec(text.slice(0, begins))?.[1];
    const { on = 0, isUnheard = false, isMissed = false } = this.#step ?? {};
    if (aside !== undefined && !isUnheard) this.#players[1 - on]?.instance.hear(payload, JSON.parse(aside));
    if (!isMissed) this.#watcher.tell(event, payload, this.#redis.state);
    return told;
  }
}

/** Who may send something where users are asked who they are: the owner, and others who may less. */
function senders({ session_id, participants = [] }: Create): (Principal | undefined)[] {
  const expires = Number.POSITIVE_INFINITY;
  const named = { subject: 'owner|1', participantId: undefined, sessions: undefined, expires };
  const participantId = participants[0]?.participant_id;
  return [
    named,
    { ...named, subject: undefined, sessions: new Map([[session_id, 'controller']]) },
    { ...named, subject: 'player', participantId, sessions: new Map([['*', 'participant']]) },
    { ...named, subject: undefined, sessions: new Map([['*', 'viewer']]) },
    { ...named, subject: 'stranger' },
    undefined,
    { ...named, subject: 'operator', sessions: new Map([['game*', 'owner']]) },
  ];
}
