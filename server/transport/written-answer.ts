import type { SessionState } from '#contract';

/** Data of a success that is JSON already, or is made into JSON once for many. */
export abstract class WrittenAnswer {
  /** JSON of a success with this data, in pieces. */
  abstract jsonOf(reply: { ok: true; server_time_ms: number }): Iterable<string>;
}

/** Goes with the state: whoever is answered with the very same state gets the very same text. */
const texts = new WeakMap<SessionState, string>();

/** A large state as the data of a success, by itself, or with how many versions a client has missed. */
export class StateAnswer extends WrittenAnswer {
  readonly #state: SessionState;
  readonly #missed: number | null | undefined;

  constructor(state: SessionState, missed?: number | null) {
    super();
    this.#state = state;
    this.#missed = missed;
  }

  override jsonOf({ server_time_ms }: { server_time_ms: number }): string[] {
    let text = texts.get(this.#state);
    if (text === undefined) texts.set(this.#state, (text = JSON.stringify(this.#state)));
    const [head, tail] = this.#missed === undefined ? ['', ''] : ['{"state":', `,"missed":${this.#missed}}`];
    return [`{"ok":true,"data":${head}`, text, `${tail},"server_time_ms":${server_time_ms}}`];
  }
}
