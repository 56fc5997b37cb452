import { expect } from 'chai';
import { type ControlledClock, read, setUp, untilFall } from '#clock';
import type { ClockState, SessionState, TimeControl } from '#contract';
import { periodName, TickingClock } from './control-clock.ts';
import { Match, unix } from './match.ts';
import type { Move } from './random-controls.ts';

/**
 * Plays moves on one clock twice, as a session and by the clock that ticks, and compares both after each. The player is
 * alone, so each switch ends a turn and begins their next one.
 */
export function duelOfControl(control: TimeControl, moves: readonly Move[]): Match {
  const match = Match.started({ sync_mode: 'per_participant', time_control: control, participants: [{ participant_id: 'ann' }] });
  const ticking = new TickingClock(control);
  compare(match, ticking, 'at the start');
  let now = 0;
  for (const [index, { wait, what, delta }] of moves.entries()) {
    const at = `move ${index}`;
    const ms = 'ms' in wait ? wait.ms : Math.max(0, ticking.left + wait.pastFall);
    for (let n = 0; n < ms && !ticking.fallen; n += 1) ticking.tick();
    now += ms;
    match.pass(now);
    expect(match.state.status === 'expired', `${at}: has fallen`).to.equal(ticking.fallen);
    if (ticking.fallen) {
      compare(match, ticking, at);
      break;
    }
    compareReading(match, ticking, now, at);
    if (act(match, ticking, now, { what, delta })) compare(match, ticking, at);
  }
  expect(ticking.ledger.charged, 'what all buckets were charged').to.equal(chargedIn(match, now));
  return match;
}

/** What the events say that turns were charged; of the present one, what it has used by then. */
function chargedIn({ events, state }: Match, now: number): number {
  let [charged, used] = [0, 0];
  for (const { event_type, time_elapsed_ms, metadata } of events) {
    used += time_elapsed_ms ?? 0;
    if (event_type !== 'cycle_switched') continue;
    charged += Number(metadata['charged_ms'] ?? used);
    used = 0;
  }
  const unsettled = state.cycle_started_at === null ? 0 : unix(now) - Date.parse(state.cycle_started_at);
  return charged + used + unsettled;
}

/** False where the move was refused, so that nothing was settled. */
function act(match: Match, ticking: TickingClock, now: number, { what, delta }: Pick<Move, 'what' | 'delta'>): boolean {
  if (what === 'switch') {
    const [charged, used] = [ticking.charge(), ticking.used];
    ticking.endTurn();
    match.switch(now);
    expect(match.last.metadata['charged_ms'], 'charged_ms').to.equal(charged === used ? undefined : charged);
  } else if (what === 'pause') {
    // The pause lasts, and costs nothing.
    match.play(now, { type: 'pause' }).play(now, { type: 'resume' });
  } else {
    const delta_ms = delta * 10 * (ticking.control.charge_unit_ms ?? 1);
    const adjustment = { type: 'adjust' as const, participant_id: 'ann', delta_ms };
    const adjusted = ticking.copy();
    adjusted.adjust(delta_ms);
    if (ticking.main + delta_ms < 0 || adjusted.left < 1) {
      expect(match.refusal(now, adjustment).code).to.equal('VALIDATION_ERROR');
      return false;
    }
    match.play(now, adjustment);
    ticking.adjust(delta_ms);
  }
  return true;
}

function compare(match: Match, ticking: TickingClock, at: string): void {
  const { total_time_ms, time_remaining_ms, clock } = match.who('ann');
  expect({ main: total_time_ms, left: time_remaining_ms, ...shown(clock) }, at).to.deep.equal({
    main: ticking.main,
    left: ticking.left,
    stage: ticking.stage,
    turns: ticking.turns,
    stage_turns: ticking.stageTurns,
    turn_used_ms: ticking.used,
    reserve: ticking.rules.byoyomi === undefined ? ticking.block : ticking.periods.length,
    present: ticking.rules.byoyomi === undefined ? ticking.blockTurns : (ticking.periods.at(-1) ?? 0),
  });
  ticking.ledger.expectToHold(bucketsOf(match), at);
}

/** What each bucket of the player's clock holds, as their state tells it. */
function bucketsOf({ state }: Match): Map<string, number> {
  const clock = controlledClock(state);
  const { periods_left = 0, period_left_ms = 0, block_left_ms = 0, stage } = clock.state;
  const { phase, phase_left_ms } = read(clock, 0);
  const buckets = new Map([
    ['delay', phase === 'delay' ? (phase_left_ms ?? 0) : 0],
    ['main', clock.main_ms],
    ['block', block_left_ms],
  ]);
  const whole = clock.control.stages[stage]?.byoyomi?.period_ms ?? 0;
  for (let period = 1; period <= periods_left; period += 1) buckets.set(periodName(period), period < periods_left ? whole : period_left_ms);
  return buckets;
}

function controlledClock({ participants, time_control }: SessionState): ControlledClock {
  const ann = participants[0];
  if (ann?.clock === undefined || time_control === undefined) throw new Error('no clock with a time control');
  return { ...setUp(time_control), main_ms: ann.total_time_ms ?? 0, state: ann.clock };
}

function shown(clock: ClockState | undefined) {
  if (clock === undefined) throw new Error('no clock');
  const { stage, turns, stage_turns, turn_used_ms } = clock;
  const reserve = clock.periods_left ?? clock.block_left_ms ?? 0;
  return { stage, turns, stage_turns, turn_used_ms, reserve, present: clock.period_left_ms ?? clock.block_turns_left ?? 0 };
}

/** What the state says at any instant until the next change is what the ticking clock shows then. */
function compareReading({ state }: Match, ticking: TickingClock, now: number, at: string): void {
  if (state.cycle_started_at === null) throw new Error('no clock runs');
  const clock = controlledClock(state);
  const elapsed = unix(now) - Date.parse(state.cycle_started_at);
  const reading = read(clock, elapsed);
  expect(reading.remaining_ms, `${at}: remaining_ms`).to.equal(ticking.left);
  expect(reading.phase === 'delay' ? reading.phase_left_ms : 0, `${at}: delay`).to.equal(ticking.delay);
  expect(reading.stage, `${at}: stage`).to.equal(ticking.stage);
  expect(untilFall(clock), `${at}: deadline`).to.equal(ticking.left + elapsed);
}
