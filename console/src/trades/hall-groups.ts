/** Who sits in an exam hall, put together by when they end. */
import type { ParticipantState, SessionState } from '@synckairos/client';
import type { ParticipantClock } from '@synckairos/client/react';
import { spell } from '../setup/control-words.ts';
import type { OneStatus } from '../trade.ts';

export interface HallGroup {
  key: string;
  kind: OneStatus | 'withdrawn';
  /** What they have in common: `Standard`, `+25 %`, `Handed in`. */
  label: string;
  /** When their clocks fall, ISO 8601; null unless they run. */
  endsAt: string | null;
  members: ParticipantClock[];
}

const ORDER: readonly HallGroup['kind'][] = ['running', 'waiting', 'paused', 'expired', 'finished', 'withdrawn'];
const STANDING: Partial<Record<HallGroup['kind'], string>> = {
  paused: 'Paused',
  finished: 'Handed in',
  expired: 'Time is up',
  withdrawn: 'Withdrawn',
};

/**
 * Groups in the order in which they end: clocks that run, by the second in which they fall; then those that wait, are
 * paused alone, have run out, have been handed in and have withdrawn. While the session is paused those that would run
 * are told apart by what is left.
 */
export function groupsOf(state: SessionState, clocks: readonly ParticipantClock[]): HallGroup[] {
  const groups = new Map<string, HallGroup>();
  for (const clock of clocks) {
    const { participant } = clock;
    const kind = kindOf(participant);
    const key = `${kind} ${keyOf(kind, participant)}`;
    const known = groups.get(key);
    if (known !== undefined) known.members.push(clock);
    else groups.set(key, { key, kind, label: '', endsAt: participant.deadline_at ?? null, members: [clock] });
  }
  const sorted = [...groups.values()].sort(
    (a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || restOf(a) - restOf(b) || b.members.length - a.members.length,
  );
  const standard = usual(sorted);
  for (const group of sorted) group.label = STANDING[group.kind] ?? labelOf(state, group, standard);
  return sorted;
}

function kindOf({ withdrawn, clock_status = 'waiting' }: ParticipantState): HallGroup['kind'] {
  return withdrawn === true ? 'withdrawn' : clock_status;
}

function keyOf(kind: HallGroup['kind'], { deadline_at, time_remaining_ms, time_factor, extra_time_ms }: ParticipantState): string {
  if (STANDING[kind] !== undefined) return '';
  const end = deadline_at == null ? Math.round((time_remaining_ms ?? 0) / 1_000) : deadline_at.slice(0, 19);
  return [end, time_factor, extra_time_ms].join(' ');
}

/** Milliseconds until they end, as of their state. */
function restOf({ endsAt, members: [first] }: HallGroup): number {
  return endsAt === null ? (first?.participant.time_remaining_ms ?? 0) : Date.parse(endsAt);
}

/** The largest group of those who have no extra time: the others come earlier or later than it. */
function usual(groups: readonly HallGroup[]): HallGroup | undefined {
  const plain = groups.filter(
    ({ kind, members: [first] }) => kind === 'running' && first !== undefined && extraOf(first.participant) === '',
  );
  return plain.sort((a, b) => b.members.length - a.members.length)[0];
}

function labelOf(state: SessionState, group: HallGroup, standard: HallGroup | undefined): string {
  const [first] = group.members;
  const extra = first === undefined ? '' : extraOf(first.participant);
  if (group.kind === 'waiting' && state.status !== 'pending') return extra === '' ? 'Not started' : `Not started, ${extra}`;
  if (extra !== '') return extra;
  if (standard === undefined || group.key === standard.key) return 'Standard';
  return restOf(group) > restOf(standard) ? 'Later' : 'Earlier';
}

/** The extra time that somebody was given at create: `+25 %`, `+10 min`; empty for none. */
export function extraOf({ time_factor = 1, extra_time_ms = 0 }: ParticipantState): string {
  const parts = [
    time_factor === 1 ? '' : `+${Math.round((time_factor - 1) * 100)} %`,
    extra_time_ms === 0 ? '' : `+${spell(extra_time_ms)}`,
  ];
  return parts.filter((part) => part !== '').join(' ');
}
