import type { SessionState } from '#contract';

/** Data of a success that is JSON already, or becomes JSON once for many replies. */
export abstract class WrittenAnswer {
  /** JSON of a success with this data, in pieces. */
  abstract jsonOf(reply: { ok: true; server_time_ms: number }): Iterable<string>;
}

/** The text of each state, so that all answers with the same state share it. */
const texts = new WeakMap<SessionState, string>();

/** A large state as the data of a success, alone or with the number of versions that a client has missed. */
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
