/** What the client makes of what a room is told: one client that gets whole states, one that gets what has changed. */
import {
  bankOf,
  type ChangesEvent,
  ClientStore,
  cycleTimeUsed,
  type EventEnvelope,
  type ExpiredEvent,
  formatTime,
  isMoving,
  ownerOf,
  predictSwitch,
  remaining,
  type SessionState,
  shownElapsed,
  shownTime,
  type SwitchData,
  type UpdateEvent,
  untilNextDigit,
  untilNextElapsedDigit,
  type Who,
} from './house.ts';
import type { Transcript } from './transcript.ts';

type Told = UpdateEvent | ChangesEvent | ExpiredEvent | EventEnvelope;

/** Clocks that are read at each look: all of a small session, some of a large one. */
const READ = 4;

export class Watcher {
  readonly #transcript: Transcript;
  readonly #whole: ClientStore;
  readonly #brief: ClientStore;
  /** What each showed last. */
  readonly #shown = new Map<ClientStore, unknown[]>();
  #predicted: SessionState | null = null;

  constructor(session_id: string, transcript: Transcript) {
    this.#transcript = transcript;
    const open = (name: string) =>
      new ClientStore(session_id, {
        onDemandChange: () => {},
        onExpired: (event) => transcript.say(`${name} hears of an expiry ${JSON.stringify(event)}`),
        connectionError: () => null,
      });
    this.#whole = open('whole');
    this.#brief = open('brief');
  }

  /** A message to the room, and the state that Redis has. */
  tell(event: string, told: Told, stored: SessionState | null): void {
    if (event === 'session:deleted') {
      this.#whole.remove(told);
      this.#brief.remove(told);
    } else if (event === 'session:expired') {
      this.#whole.expired(told as ExpiredEvent);
      this.#brief.expired(told as ExpiredEvent);
    } else if (event === 'session:update') {
      const update = told as UpdateEvent | ChangesEvent;
      if ('changes' in update) {
        if (stored !== null) this.#whole.offer(stored, update.event_type);
        if (!this.#brief.follow(update)) this.#rejoin(stored);
      } else {
        this.#whole.offer(update.state, update.event_type);
        this.#brief.offer(update.state, update.event_type);
      }
    }
  }

  #rejoin(stored: SessionState | null): void {
    this.#transcript.say('brief asks for the whole state');
    if (stored !== null) this.#brief.offer(stored);
  }

  /** A state that a command answered with. */
  learn(state: SessionState): void {
    this.#whole.offer(state);
  }

  /** What a switch would make of what is shown at `now` (Unix ms): shown until the answer comes. */
  predict(now: number, next: string | undefined): void {
    const state = this.#whole.getSnapshot();
    this.#predicted = state === null ? null : predictSwitch(state, now, next);
    if (this.#predicted === null || state === null) return this.#transcript.say('predicts nothing');
    const news = Object.entries(this.#predicted).filter(
      ([field, value]) => JSON.stringify(value) !== JSON.stringify(state[field as keyof SessionState]),
    );
    this.#transcript.say(`predicts ${JSON.stringify(Object.fromEntries(news))}`);
    this.#whole.predict(this.#predicted);
  }

  /** The answer to a switch; null for a refusal. */
  answered(result: SwitchData | null): void {
    if (result !== null) {
      this.#whole.note(result);
      this.#brief.note(result);
    }
    if (this.#predicted !== null && this.#whole.getSnapshot() === this.#predicted) this.#whole.predict(null);
    this.#predicted = null;
  }

  /**
   * Says what both show, where that is another thing than before, and reads the clocks at `now` (Unix ms) and about the
   * deadline.
   */
  look(now: number): void {
    for (const [name, store] of [
      ['whole', this.#whole],
      ['brief', this.#brief],
    ] as const) {
      const shown = [store.getSnapshot(), store.seen?.version, store.getError()?.code];
      if (this.#shown.get(store)?.every((value, index) => value === shown[index]) !== true) {
        this.#transcript.say(`${name} shows ${JSON.stringify(shown)}`);
      }
      this.#shown.set(store, shown);
    }
    const state = this.#whole.getSnapshot();
    if (state === null) return;
    const deadline = state.deadline_at === null ? now : Date.parse(state.deadline_at);
    for (const at of deadline === now ? [now] : [now, deadline - 1]) this.#transcript.say(`at ${at} ${clocksOf(state, at)}`);
  }
}

/** Names that mean nobody in most sessions. */
const NOBODY: Who[] = ['nobody', 'global', { participant_id: 'nobody' }, { group_id: 'nobody' }, 'red', { group_id: 'red' }];

/** Whose clock names mean, and what it shows at an instant (Unix ms). */
export function strangersIn(state: SessionState, at: number): string {
  const read = NOBODY.map((who) => {
    const bank = bankOf(state, who);
    return [ownerOf(state, who), bank, remaining(state, bank, at)];
  });
  return JSON.stringify(read);
}

/** What all clocks of a state show at an instant (Unix ms), as numbers and as digits. */
function clocksOf(state: SessionState, at: number): string {
  const whose: Who[] = [
    undefined,
    'global',
    ...state.participants.slice(0, READ).map((one) => one.participant_id),
    ...state.groups.map(({ group_id }) => ({ group_id })),
  ];
  const read = whose.map((who) => {
    const owner = ownerOf(state, who);
    return owner === undefined ? null : remaining(state, owner, at);
  });
  const left = remaining(state, 'session', at);
  const used = cycleTimeUsed(state, at);
  const digits = [formatTime(left), formatTime(used, 'stopwatch'), formatTime(left, 'spoken')];
  const rests = left === null ? [] : [shownTime(left), untilNextDigit(left)];
  return `${JSON.stringify(read)} ${used} ${isMoving(state, 'session')} ${digits.join('|')} ${[...rests, shownElapsed(used), untilNextElapsedDigit(used)].join(' ')}`;
}
