import { modeOf, setUp, untilFall } from '#clock';
import { CLOCK_MIN_MS, CONTROL_MAX_MS, type CreatePayload, type Stage, type TimeControl } from '#contract';
import type { Fault } from './check-create.ts';

/** Checks of a create's time controls that no schema can express; each fault names its field. */
export function checkControls(payload: CreatePayload, fault: Fault): void {
  const { owners } = modeOf(payload);
  const { time_control, participants = [], groups = [] } = payload;
  if (time_control !== undefined) {
    if (owners === 'session') fault('time_control', 'Only per_participant and per_group have time controls', 'unsupported');
    checkControl(time_control, 'time_control', fault);
    for (const field of ['increment_ms', 'max_time_ms', 'total_time_ms'] as const) {
      if (payload[field] !== undefined) fault(field, 'The time control says it', 'unsupported');
    }
  }
  if (time_control?.hourglass === true) checkHourglass(payload, fault);
  for (const [name, entries] of [['participants', participants] as const, ['groups', groups] as const]) {
    for (const [position, entry] of entries.entries()) {
      const at = `${name}.${position}`;
      const own = entry.time_control;
      if (own !== undefined) {
        if (owners !== name) fault(`${at}.time_control`, 'Has no clock of its own in this mode', 'unsupported');
        if (own.hourglass === true) fault(`${at}.time_control.hourglass`, 'Is for all clocks of a session', 'unsupported');
        if (time_control?.hourglass === true) fault(`${at}.time_control`, 'An hourglass is for all clocks', 'unsupported');
        checkControl(own, `${at}.time_control`, fault);
      }
      if ((own ?? time_control) !== undefined && entry.total_time_ms !== undefined) {
        fault(`${at}.total_time_ms`, 'The time control says it', 'unsupported');
      }
    }
  }
}

/** Checks one time control; `at` is its field. */
function checkControl(control: TimeControl, at: string, fault: Fault): void {
  const before = control.stages.length - 1;
  for (const [index, stage] of control.stages.entries()) {
    const field = `${at}.stages.${index}`;
    checkEnd(stage, field, index === before, control.repeat_last === true, fault);
    checkRefills(stage, field, index === before, fault);
  }
  checkUnit(control, at, fault);
  if (totalOf(control) > CONTROL_MAX_MS) fault(at, `Must come to ${CONTROL_MAX_MS} ms at most`, 'too_big');
  if ((untilFall(setUp(control)) ?? 0) < CLOCK_MIN_MS) {
    fault(`${at}.stages.0.time_ms`, `The first turn must be at least ${CLOCK_MIN_MS} ms long`, 'too_small');
  }
}

/** Checks how a stage ends. */
function checkEnd({ turns, at_zero }: Stage, field: string, isLast: boolean, repeats: boolean, fault: Fault): void {
  if (isLast) {
    if (at_zero !== undefined) fault(`${field}.at_zero`, 'No stage follows the last one', 'unsupported');
    if (repeats && turns === undefined) fault(`${field}.turns`, 'Required where the last stage repeats', 'required');
    if (!repeats && turns !== undefined)
      fault(`${field}.turns`, 'The last stage may have turns only with repeat_last: true', 'unsupported');
    return;
  }
  if (turns === undefined && at_zero === undefined) fault(`${field}.turns`, 'Required, or at_zero, before the last stage', 'required');
  if (turns !== undefined && at_zero !== undefined) fault(`${field}.at_zero`, 'Excludes turns', 'unsupported');
}

/** Checks what fills a stage's buckets again. */
function checkRefills(stage: Stage, field: string, isLast: boolean, fault: Fault): void {
  const { time_ms, increment_ms, max_time_ms, delay_ms, delay_type, byoyomi, canadian } = stage;
  if (increment_ms === undefined && (stage.increment_every ?? stage.increment_when) !== undefined) {
    fault(`${field}.increment_ms`, 'Required with increment_every and increment_when', 'required');
  }
  if (max_time_ms !== undefined && max_time_ms < time_ms) fault(`${field}.max_time_ms`, 'Must not be under time_ms', 'too_small');
  if (delay_type !== undefined && delay_ms === undefined) fault(`${field}.delay_ms`, 'Required with delay_type', 'required');
  if (byoyomi !== undefined && canadian !== undefined) fault(`${field}.canadian`, 'Excludes byoyomi', 'unsupported');
  for (const [name, reserve] of [['byoyomi', byoyomi] as const, ['canadian', canadian] as const]) {
    if (reserve !== undefined && !isLast) fault(`${field}.${name}`, 'Only the last stage may have it', 'unsupported');
    if (reserve !== undefined && delay_type === 'bronstein') fault(`${field}.${name}`, 'Excludes delay_type bronstein', 'unsupported');
  }
  if (delay_type === 'bronstein' && increment_ms !== undefined) {
    fault(`${field}.increment_ms`, 'Excludes delay_type bronstein', 'unsupported');
  }
}

/** Where whole units are charged, every duration must be a whole number of units. */
function checkUnit(control: TimeControl, at: string, fault: Fault): void {
  const { charge_unit_ms: unit, least_charge_ms } = control;
  if (unit === undefined) return;
  const whole = (field: string, size: number | undefined): void => {
    if (size !== undefined && size % unit !== 0) fault(`${at}.${field}`, `Must be a multiple of charge_unit_ms, ${unit}`, 'not_multiple');
  };
  whole('least_charge_ms', least_charge_ms);
  for (const [index, stage] of control.stages.entries()) {
    const field = `stages.${index}`;
    for (const name of ['time_ms', 'increment_ms', 'max_time_ms', 'delay_ms'] as const) whole(`${field}.${name}`, stage[name]);
    whole(`${field}.byoyomi.period_ms`, stage.byoyomi?.period_ms);
    whole(`${field}.canadian.block_ms`, stage.canadian?.block_ms);
  }
}

/** An hourglass has one stage with time only, and two clocks or more. */
function checkHourglass({ time_control, participants = [], groups = [], sync_mode }: CreatePayload, fault: Fault): void {
  const { stages = [], repeat_last, charge_unit_ms, least_charge_ms } = time_control ?? {};
  const { time_ms = 0, ...others } = stages[0] ?? {};
  if (stages.length > 1) fault('time_control.stages', 'An hourglass has one stage', 'too_big');
  if (time_ms < CLOCK_MIN_MS) fault('time_control.stages.0.time_ms', `Must be ${CLOCK_MIN_MS} or more in an hourglass`, 'too_small');
  for (const name of Object.keys(others)) fault(`time_control.stages.0.${name}`, 'An hourglass has time_ms alone', 'unsupported');
  for (const [name, value] of Object.entries({ repeat_last, charge_unit_ms, least_charge_ms })) {
    if (value !== undefined) fault(`time_control.${name}`, 'An hourglass has time_ms alone', 'unsupported');
  }
  const inGroups = modeOf({ sync_mode }).owners === 'groups';
  const derived = new Set(participants.map(({ group_id }) => group_id)).size;
  const clocks = inGroups ? groups.length || derived : participants.length;
  if (clocks < 2) fault(inGroups ? 'groups' : 'participants', 'An hourglass needs two clocks', 'too_small');
}

/** The sum of all buckets of a time control, ms. */
function totalOf({ stages }: TimeControl): number {
  return stages.reduce((sum, { time_ms, delay_ms = 0, byoyomi, canadian }) => {
    const periods = byoyomi === undefined ? 0 : byoyomi.periods * byoyomi.period_ms;
    return sum + time_ms + delay_ms + periods + (canadian?.block_ms ?? 0);
  }, 0);
}
