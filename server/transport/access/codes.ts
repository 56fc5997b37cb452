import { randomInt } from 'node:crypto';
import { iso } from '#clock';
import { CODE_LENGTH, CODE_LETTERS, CODE_PATTERN, type CodeData, type OpenedCodeData, type SessionState } from '#contract';
import { type Refusal, refuse } from '../../domain/refusal.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { BurstLimit } from '../limit-ports.ts';
import { limited, refusalOfQuota } from '../limits.ts';
import type { Parsed } from '../schemas.ts';
import type { CodeEntry, CodeStore } from './code-ports.ts';
import type { Links } from './links.ts';

/** Tries to find a free code. Few of five million are taken, so the first try nearly always does. */
const DRAWS_MAX = 5;
const UNKNOWN: Refusal = refuse('NOT_FOUND', 'No such code, or it has ended');

export interface JoinCodesOptions {
  store: CodeStore;
  /** Limits how many codes a sender makes. */
  makers: BurstLimit;
  metrics: Metrics;
  /** Unix ms. */
  now(): number;
}

/**
 * Join codes: six letters that somebody reads aloud, which lead to watching a session or to taking part in it. A code
 * has no rights of its own: with roles it gives the token of a share link, with which it is revoked.
 */
export class JoinCodes {
  readonly #options: JoinCodesOptions;

  constructor(options: JoinCodesOptions) {
    this.#options = options;
  }

  /**
   * Makes a code, or gives the last one for the same way in that is valid for at least half of the time asked for and
   * no longer than that.
   * @param links null where nobody is asked who they are
   */
  async make(
    links: Links | null,
    session: SessionState,
    { way, participant_id, expires_in }: Pick<Parsed<'session:code'>, 'way' | 'participant_id' | 'expires_in'>,
    sender: string,
  ): Promise<CodeData | Refusal> {
    const { store, makers, metrics, now } = this.#options;
    const refusal = refusalOfQuota('codes', await makers.consume(sender).quota, metrics);
    if (refusal !== null) return refusal;
    const participant = participant_id ?? null;
    const way_in = { session_id: session.session_id, way, participant_id: participant };
    const known = await store.last(way_in);
    const found = known === null ? null : await this.#valid(links, known);
    const left = found === null ? 0 : (found.expires - now()) / 1_000;
    if (known !== null && found !== null && left <= expires_in && left >= expires_in / 2) return dataOf(known, found);
    const link = await links?.issue(session, way === 'watch' ? 'viewer' : 'participant', participant, expires_in);
    if (link === null) return refuse('FORBIDDEN', 'This session has as many links as it may; revoke some');
    const expires = link === undefined ? Math.floor(now()) + expires_in * 1_000 : Date.parse(link.expires_at);
    const entry: CodeEntry = { ...way_in, link_id: link?.link_id ?? null, expires };
    for (let draws = 0; draws < DRAWS_MAX; draws += 1) {
      const code = Array.from({ length: CODE_LENGTH }, () => CODE_LETTERS.charAt(randomInt(CODE_LETTERS.length))).join('');
      if (await store.add(code, entry)) return dataOf(code, entry);
    }
    return refuse('SERVICE_UNAVAILABLE', 'No code is free at this moment');
  }

  /** What a code leads to, as somebody wrote it. Wrong ones are counted by the address that sent them. */
  async open(links: Links | null, written: string, address: string): Promise<OpenedCodeData | Refusal> {
    const code = written.toUpperCase().replaceAll(/[\s-]/g, '');
    // A slip that can't be a code tells a guesser nothing, so it costs no try.
    if (!CODE_PATTERN.test(code)) return UNKNOWN;
    const { store, metrics } = this.#options;
    const wait = await store.takeTry(address);
    if (wait > 0) return limited('wrong_codes', metrics, wait);
    const found = await this.#valid(links, code);
    if (found === null) return UNKNOWN;
    await store.giveBack(address);
    const { session_id, way, participant_id, token } = found;
    return { session_id, way, participant_id, token };
  }

  /** A code that is valid, with the token of its link; null if it has ended or its link was revoked. */
  async #valid(links: Links | null, code: string): Promise<(CodeEntry & { token: string | null }) | null> {
    const entry = await this.#options.store.find(code);
    if (entry === null) return null;
    // A code from before roles were asked for, or from after, leads nowhere.
    if (links === null || entry.link_id === null) return links === null && entry.link_id === null ? { ...entry, token: null } : null;
    const link = { id: entry.link_id, sessionId: entry.session_id };
    const grant = await links.find(link);
    return grant === null ? null : { ...entry, token: await links.tokenOf(link, grant) };
  }
}

function dataOf(code: string, { way, participant_id, expires }: CodeEntry): CodeData {
  return { code, way, participant_id, expires_at: iso(expires) };
}
