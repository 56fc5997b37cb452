/**
 * Limits and defaults of the wire contract, in one place for server, SDK and console. Durations are milliseconds, sizes
 * bytes.
 */

/**
 * The number of the contract. Every change of a schema raises it and adds a line to versions.json; what exists never
 * changes. The server sends it in this header of every HTTP answer and of the handshake.
 */
export const CONTRACT_VERSION = 4;
export const CONTRACT_HEADER = 'X-SyncKairos-Contract';

export const ID_PATTERN = /^[A-Za-z0-9._:@|~-]{1,128}$/;

export const CLOCK_MIN_MS = 1_000;
export const CLOCK_MAX_MS = 86_400_000;
export const INCREMENT_MAX_MS = 60_000;
/** The largest `overrun_ms`. */
export const OVERRUN_MAX_MS = 86_400_000;
/** The largest `max_cycles`. */
export const CYCLES_MAX = 100_000;
/** What all extensions of a cycle may come to, and how many a cycle may have. */
export const EXTENDED_MAX_MS = 30 * CLOCK_MAX_MS;
export const EXTENSIONS_MAX = 100_000;
export const STAGES_MAX = 8;
/** The most turns of a stage or block, and the most periods. */
export const COUNT_MAX = 500;
/** The longest part of a time control: a stage's time, an increment, a delay, a period, a block. */
export const CONTROL_PART_MAX_MS = 30 * CLOCK_MAX_MS;
/**
 * The longest sum of all parts of a time control, which is also the most that an adjustment may leave on such a clock.
 */
export const CONTROL_MAX_MS = 400 * CLOCK_MAX_MS;
/** The largest `time_factor`. */
export const TIME_FACTOR_MAX = 10;
/** The most that a clock of a concurrent session may have. */
export const CONCURRENT_MAX_MS = TIME_FACTOR_MAX * CLOCK_MAX_MS + CLOCK_MAX_MS;
/** The largest `late_finish_ms`. */
export const LATE_FINISH_MAX_MS = 3_600_000;
/** How far ahead a start may be planned. */
export const START_AHEAD_MAX_MS = 400 * CLOCK_MAX_MS;
export const PARTICIPANTS_MAX = 1_000;
export const UNDO_DEPTH_MAX = 20;
/** Items of a programme. */
export const ITEMS_MAX = 500;
export const ROUNDS_MAX = 1_000;
export const TITLE_MAX_CHARS = 200;
export const ITEM_METADATA_MAX_BYTES = 1024;
/** All names, titles and metadata of one session together. */
export const TEXTS_MAX_BYTES = 512 * 1024;
export const WARNINGS_MAX = 10;
export const DEFAULT_WARNING_THRESHOLDS_MS: readonly number[] = [10_000, 5_000, 1_000];

export const METADATA_MAX_BYTES = 10 * 1024;
/** The least and the largest `idle_end_ms`. */
export const IDLE_END_MIN_MS = 60_000;
export const IDLE_END_MAX_MS = 30 * CLOCK_MAX_MS;
export const OUTCOME_MAX_BYTES = 1024;
/** A participant's name: characters of any language. */
export const NAME_PATTERN = /^[\s\S]{1,100}$/u;
export const PARTICIPANT_METADATA_MAX_BYTES = 2 * 1024;
/** The answer with which a participant finishes. */
export const ANSWER_MAX_BYTES = 1024;
export const MESSAGE_MAX_BYTES = 4 * 1024;
/** Free JSON (`metadata`, `message`, `action_on_timeout`) nested deeper than this is refused. */
export const JSON_DEPTH_MAX = 32;
/**
 * The most values in a payload, counting keys and elements at any depth: several times what the largest session needs.
 */
export const PAYLOAD_VALUES_MAX = 32_768;
export const EVENT_MAX_BYTES = 16 * 1024;
export const CREATE_MAX_BYTES = 1024 * 1024;

export const HISTORY_LIMIT_DEFAULT = 100;
export const HISTORY_LIMIT_MAX = 1_000;

/** The tolerance that `/time` reports, within which clients should count themselves as in sync. */
export const DRIFT_TOLERANCE_MS = 50;
