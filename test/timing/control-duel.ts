import { expect } from 'chai';
import { read, setUp, untilFall } from '#clock';
import type { ClockState, TimeControl } from '#contract';
import { TickingClock } from './control-clock.ts';
import { Match } from './match.ts';
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
      return match;
    }
    compareReading(match, ticking, now, at);
    if (act(match, ticking, now, { what, delta })) compare(match, ticking, at);
  }
  return match;
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
    if (ticking.main + delta_ms < 0 || ticking.left + delta_ms < 1) {
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
}

function shown(clock: ClockState | undefined) {
  if (clock === undefined) throw new Error('no clock');
  const { stage, turns, stage_turns, turn_used_ms } = clock;
  const reserve = clock.periods_left ?? clock.block_left_ms ?? 0;
  return { stage, turns, stage_turns, turn_used_ms, reserve, present: clock.period_left_ms ?? clock.block_turns_left ?? 0 };
}

/** What the state says at any instant until the next change is what the ticking clock shows then. */
function compareReading({ state }: Match, ticking: TickingClock, now: number, at: string): void {
  const ann = state.participants[0];
  if (ann?.clock === undefined || state.cycle_started_at === null || state.time_control === undefined) throw new Error('no clock runs');
  const clock = { ...setUp(state.time_control), main_ms: ann.total_time_ms ?? 0, state: ann.clock };
  const elapsed = Date.parse('2026-06-01T09:00:00.000Z') + now - Date.parse(state.cycle_started_at);
  const reading = read(clock, elapsed);
  expect(reading.remaining_ms, `${at}: remaining_ms`).to.equal(ticking.left);
  expect(reading.phase === 'delay' ? reading.phase_left_ms : 0, `${at}: delay`).to.equal(ticking.delay);
  expect(reading.stage, `${at}: stage`).to.equal(ticking.stage);
  expect(untilFall(clock), `${at}: deadline`).to.equal(ticking.left + elapsed);
}
