/**
 * What the trail makes of a sequence: whether the rules lead from each row to the next, and whether they notice a row
 * that was altered.
 */
import type { Dice } from './dice.ts';
import {
  decodeState,
  encodeState,
  hashOfRow,
  readSnapshot,
  type RecordedEvent,
  replay,
  SCHEMA,
  type Schema,
  type SessionState,
  stateAfter,
  textAsRead,
} from './house.ts';
import type { MemoryTrail } from './trail.ts';
import type { Transcript } from './transcript.ts';
import { strangersIn } from './watcher.ts';

/** A form of stored states that is newer than the one that is written. */
const NEWER: Schema = { writes: 2, reads: 2, upgrade: (state, from) => ({ ...state, upgraded_from: from }) };

type Alteration = (event: RecordedEvent) => RecordedEvent;

const ALTERATIONS: readonly Alteration[] = [
  (event) => ({ ...event, version: event.version + 1 }),
  (event) => ({ ...event, timestamp: new Date(Date.parse(event.timestamp) + 1).toISOString() }),
  (event) => ({ ...event, time_elapsed_ms: (event.time_elapsed_ms ?? 0) + 1 }),
  (event) => ({ ...event, time_remaining_ms: (event.time_remaining_ms ?? 0) - 1 }),
  (event) => ({ ...event, participant_id: event.participant_id === null ? 'ann' : null }),
  (event) => ({ ...event, group_id: 'nowhere' }),
  (event) => ({ ...event, state_snapshot: null }),
  (event) => ({ ...event, event_type: 'session_paused' }),
  (event) => ({ ...event, event_type: 'session_started' }),
  (event) => ({ ...event, event_type: 'session_created' }),
  (event) => ({ ...event, event_type: 'session_exploded' as 'session_created' }),
  (event) => ({ ...event, rules: 99 }),
  (event) => ({ ...event, rules: null }),
  (event) => ({ ...event, state_snapshot: event.state_snapshot && { ...event.state_snapshot, increment_ms: 7 } }),
];

/** How many rows of a sequence are altered. */
const ALTERED = 3;

/** Says of each row its hash and to what the rules lead from the row before it, then the same of some altered rows. */
export function judge(trail: MemoryTrail, dice: Dice, transcript: Transcript): void {
  const { entries } = trail;
  for (const [place, { row, event, state }] of entries.entries()) {
    const before = entries.slice(0, place).findLast(({ row: { version } }) => version === row.version - 1)?.state ?? null;
    const said = [`row ${row.version}@${row.epoch} ${row.event_type} ${hashOfRow(row).slice(0, 12)}`, verdict(before, event, state)];
    // In the first version of the rules whoever kept the turn in their group got an increment.
    if (event.event_type === 'cycle_switched' && state.sync_mode === 'per_group') said.push(verdict(before, { ...event, rules: 1 }, state));
    transcript.say(said.join(' | '));
  }
  if (entries.length === 0) return;
  for (let times = 0; times < ALTERED; times++) {
    const at = dice.integer(0, entries.length - 1);
    const place = dice.integer(0, ALTERATIONS.length - 1);
    const [before, entry, alter] = [entries[at - 1]?.state ?? null, entries[at], ALTERATIONS[place]];
    if (entry === undefined || alter === undefined) return;
    const altered = alter(entry.event);
    transcript.say(`altered ${place} at row ${entry.row.version}: ${verdict(before, altered, entry.state)}`);
    if (before !== null && altered.state_snapshot === null) transcript.say(attempt(() => JSON.stringify(stateAfter(before, altered))));
  }
  const last = entries.at(-1);
  if (last !== undefined && dice.chance(0.1)) {
    transcript.say(forms(last.state));
    transcript.say(strangersIn(last.state, Date.parse(last.state.updated_at)));
  }
}

function verdict(before: SessionState | null, event: RecordedEvent, after: SessionState): string {
  return attempt(() => {
    const { state, problem } = replay(before, event);
    return problem ?? (JSON.stringify(state) === JSON.stringify(after) ? 'as recorded' : 'leads to an equal state in another order');
  });
}

/** How a state is written and read, and that nobody reads a newer one. */
function forms(state: SessionState): string {
  const json = JSON.stringify(state);
  const read = (text: string, schema: Schema) => attempt(() => JSON.stringify(decodeState(text, schema)).slice(-40));
  const written = encodeState(json, SCHEMA);
  const newer = encodeState(json, NEWER);
  return [
    read(json, SCHEMA),
    read(written, SCHEMA),
    read(written, NEWER),
    read(newer, SCHEMA),
    attempt(() => textAsRead(written, SCHEMA).slice(0, 20)),
    attempt(() => textAsRead(json, SCHEMA).slice(0, 20)),
    attempt(() => textAsRead(written, NEWER).slice(-20)),
    attempt(() => JSON.stringify(readSnapshot({ ...state, schema: 2 }, NEWER)).slice(-20)),
    attempt(() => JSON.stringify(readSnapshot(state, NEWER)).slice(-20)),
    attempt(() => JSON.stringify(readSnapshot({ ...state, schema: 2 }, SCHEMA)).slice(-20)),
  ].join(' | ');
}

function attempt(work: () => string): string {
  try {
    return work();
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}
