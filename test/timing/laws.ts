import { expect } from 'chai';
import { presentItem, PRESENT_RULES, remaining } from '#clock';
import type { SessionState } from '#contract';
import type { SessionEvent } from '../../server/domain/event.ts';
import { type Replayed, replay } from '../../server/domain/replay.ts';
import { type duel, same, Table } from './duel.ts';
import { ORIGIN } from './random-games.ts';
import type { Payload } from './reference-seats.ts';

/** Each event is one version, none is before the one it follows, and its state is as of the event. */
export function checkVersions(events: SessionEvent[]): void {
  for (const [place, { at, state }] of events.entries()) {
    expect(state.version).to.equal(place + 1);
    expect(state.epoch).to.equal(ORIGIN);
    expect(Date.parse(state.updated_at)).to.equal(at);
    expect(at).to.be.at.least(events[place - 1]?.at ?? ORIGIN);
  }
}

/** No clock shows less than where it falls, and one that runs has at least 1 ms until then. */
export function checkNeverBelowFloor(events: SessionEvent[]): void {
  for (const { at, state, time_elapsed_ms, time_remaining_ms } of events) {
    const used = [time_elapsed_ms, ...[...state.participants, ...state.groups].map((one) => one.time_used_ms)];
    for (const time of used) expect(time).to.be.at.least(0);
    const shown = [
      time_remaining_ms,
      remaining(state, 'session', at),
      ...state.participants.flatMap((one) => [one.total_time_ms, one.time_remaining_ms]),
      ...state.groups.map((group) => group.total_time_ms),
    ];
    for (const time of shown) if (time !== null) expect(time).to.be.at.least(-(state.overrun_ms ?? 0));
    if (state.deadline_at !== null) expect(Date.parse(state.deadline_at)).to.be.above(at);
  }
}

/**
 * What was charged is the time the clock ran, and what is left is what was given, with increments and adjustments, less
 * what was charged.
 */
export function checkConservation(game: Payload, events: SessionEvent[]): void {
  const mode = game.sync_mode;
  const given = new Map<string, number>(clocksOf(events[0]?.state));
  const charged = new Map<string, number>();
  const cycle = given.get('session') ?? 0;
  let ofSeats = 0;
  // Since an outage was credited the clock runs without having been charged for the time before it.
  let uncharged = 0;
  for (const [place, event] of events.entries()) {
    const before = events[place - 1];
    let ran = before?.state.status === 'running' ? uncharged + event.at - before.at : 0;
    uncharged = 0;
    if (event.event_type === 'session_credited') {
      uncharged = ran - Number(event.metadata['credited_ms']);
      ran = 0;
    }
    expect(event.time_elapsed_ms, 'what was charged').to.equal(ran);
    const owner = (mode === 'per_participant' ? event.participant_id : mode === 'per_group' ? event.group_id : null) ?? 'session';
    charged.set(owner, (charged.get(owner) ?? 0) + ran);
    if (event.participant_id !== null) ofSeats += ran;
    const goesOn = event.state.status !== 'completed';
    const staysInGroup = mode === 'per_group' && goesOn && event.state.active_group_id === owner;
    const earns = (event.time_remaining_ms ?? 0) >= 0 && !staysInGroup;
    if (event.event_type === 'cycle_switched' && owner !== 'session' && earns) {
      given.set(
        owner,
        (given.get(owner) ?? 0) + Math.min(game.increment_ms ?? 0, (game.max_time_ms ?? Infinity) - (event.time_remaining_ms ?? 0)),
      );
    }
    if (event.event_type === 'session_extended') given.set('session', (given.get('session') ?? 0) + Number(event.metadata['extended_ms']));
    if (event.event_type === 'session_adjusted') {
      const { delta_ms, participant_id, group_id } = event.metadata;
      const whose = [participant_id, group_id, 'session'].find((name) => typeof name === 'string') ?? 'session';
      given.set(whose, (given.get(whose) ?? 0) + Number(delta_ms));
    }
    // Before the start an edit may give the first item another time.
    if (event.event_type === 'session_edited' && before !== undefined) {
      const [was, is] = [presentItem(before.state)?.time_ms ?? 0, presentItem(event.state)?.time_ms ?? 0];
      given.set('session', (given.get('session') ?? 0) + is - was);
    }
    // Time that is given back makes a new account; the reference tells whether it is right.
    if (event.event_type === 'session_undone') {
      for (const [whose, left] of clocksOf(event.state)) given.set(whose, left + (charged.get(whose) ?? 0));
      for (const { group_id, total_time_ms, time_used_ms } of event.state.groups) {
        charged.set(group_id, time_used_ms);
        given.set(group_id, total_time_ms + time_used_ms);
      }
      ofSeats = event.state.participants.reduce((sum, { time_used_ms }) => sum + time_used_ms, 0);
    }
    const passes = event.event_type === 'cycle_switched' || event.event_type === 'participant_expired';
    if (mode === 'per_cycle' && passes && event.state.status === 'running') {
      given.set('session', presentItem(event.state)?.time_ms ?? cycle);
      charged.set('session', 0);
    }
    for (const [whose, left] of clocksOf(event.state)) {
      const owed = whose === 'session' ? uncharged : 0;
      expect(left, `what ${whose} has left`).to.equal((given.get(whose) ?? 0) - (charged.get(whose) ?? 0) - owed);
    }
    for (const { group_id, time_used_ms } of event.state.groups) expect(time_used_ms).to.equal(charged.get(group_id) ?? 0);
    expect(event.state.participants.reduce((sum, { time_used_ms }) => sum + time_used_ms, 0)).to.equal(ofSeats);
  }
}

/** Every clock that can run out and what it has left as of the state. */
function clocksOf(state: SessionState | undefined): [string, number][] {
  if (state === undefined) return [];
  if (state.sync_mode === 'per_participant') return state.participants.map((one) => [one.participant_id, one.total_time_ms ?? 0]);
  if (state.sync_mode === 'per_group') return state.groups.map((group) => [group.group_id, group.total_time_ms]);
  const left = remaining(state, 'session', Date.parse(state.updated_at));
  return left === null ? [] : [['session', left]];
}

/** A server that looks every `stride` ms, and one that looks only when a command comes, write the same trail. */
export function checkLateness(game: Payload, { orders, table: { events, outages } }: ReturnType<typeof duel>, stride: number): void {
  const table = new Table(game, outages);
  let looked = 0;
  for (const { command, instant, now } of orders) {
    for (; looked < now; looked += stride) table.pass(looked, 1);
    table.pass(now);
    table.send(command, instant);
  }
  same(table.events, events, 'the trail of a server that is never late');
}

/** The trail played again by the server's own `replay` gives every row and every state again. */
export function checkReplay(events: SessionEvent[]): void {
  let before: SessionState | null = null;
  let kept: Replayed['undo'];
  for (const { at, expired: _expired, state, ...row } of JSON.parse(JSON.stringify(events)) as SessionEvent[]) {
    const { session_id, epoch, version } = state;
    const recorded = { ...row, session_id, epoch, version, timestamp: new Date(at).toISOString(), state_snapshot: state };
    const { state: again, problem, undo }: Replayed = replay(before, { ...recorded, rules: PRESENT_RULES.version }, kept);
    expect(problem, `version ${version} played again`).to.equal(null);
    before = again;
    kept = undo;
  }
}
