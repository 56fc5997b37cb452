import type { HistoryPage } from './history-port.ts';
import { WrittenAnswer } from './written-answer.ts';

/** A page of history as the data of a success. Its events are JSON texts and are sent as such. */
export class HistoryAnswer extends WrittenAnswer {
  readonly events: string[];
  readonly nextAfterVersion: number;

  constructor({ events, next_after_version }: HistoryPage) {
    super();
    this.events = events;
    this.nextAfterVersion = next_after_version;
  }

  /** The reply, event by event. */
  override *jsonOf(reply: { ok: true; server_time_ms: number }): Generator<string> {
    yield '{"ok":true,"data":{"events":[';
    for (const [index, event] of this.events.entries()) yield index === 0 ? event : `,${event}`;
    yield `],"next_after_version":${this.nextAfterVersion}},"server_time_ms":${reply.server_time_ms}}`;
  }

  /** The events, one line each. */
  *lines(): Generator<string> {
    for (const event of this.events) yield `${event}\n`;
  }
}
