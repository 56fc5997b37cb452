import { modeOf } from '#clock';
import { CLOCK_MAX_MS, type CreatePayload, type FieldIssue, type TimeControl } from '#contract';

/** The faults of `overrun_ms`, of thresholds at zero and below, and of `extension`; empty if there are none. */
export function checkOverrun(payload: CreatePayload): FieldIssue[] {
  const { sync_mode, overrun_ms = 0, warning_thresholds_ms = [] } = payload;
  const issues: FieldIssue[] = [];
  const unsupported = (message: string) => issues.push({ field: 'overrun_ms', message, code: 'unsupported' });
  if (overrun_ms > 0 && modeOf({ sync_mode }).counts === 'up') unsupported(`A stopwatch has no zero to go below: not in ${sync_mode}`);
  const reserve = overrun_ms > 0 ? controlsOf(payload).map(reserveOf).find(Boolean) : undefined;
  if (reserve !== undefined) unsupported(`A clock with ${reserve} has that in place of time below zero`);
  issues.push(...checkExtension(payload));
  const least = 1 - overrun_ms;
  for (const [position, threshold] of warning_thresholds_ms.entries()) {
    if (threshold >= least) continue;
    const message = `Must be at least ${least}${overrun_ms > 0 ? ', above where the clock falls' : ''}`;
    issues.push({ field: `warning_thresholds_ms.${position}`, message, code: 'too_small' });
  }
  return issues;
}

function checkExtension({ sync_mode, overrun_ms = 0, extension }: CreatePayload): FieldIssue[] {
  if (extension === undefined) return [];
  const { owners, counts } = modeOf({ sync_mode });
  const issues: FieldIssue[] = [];
  const unsupported = (message: string) => issues.push({ field: 'extension', message, code: 'unsupported' });
  if (owners !== 'session' || counts === 'up') unsupported('Only per_cycle and global have an end that is extended');
  if (overrun_ms > 0) unsupported('Excludes overrun_ms: a clock has one way to go on at its end');
  const { window_ms, by_ms, mode } = extension;
  if (mode === 'add' && window_ms + by_ms > CLOCK_MAX_MS) {
    const message = `Must leave ${CLOCK_MAX_MS} ms on the clock at most: window_ms and by_ms together`;
    issues.push({ field: 'extension.by_ms', message, code: 'too_big' });
  }
  return issues;
}

/** All time controls in a create. */
function controlsOf({ time_control, participants = [], groups = [] }: CreatePayload): TimeControl[] {
  return [time_control, ...[...participants, ...groups].map((one) => one.time_control)].filter((one) => one !== undefined);
}

/** The part of a time control that follows main time, in words. */
function reserveOf({ hourglass, stages }: TimeControl): string | undefined {
  if (hourglass === true) return 'an hourglass';
  if (stages.some(({ byoyomi }) => byoyomi !== undefined)) return 'byo-yomi';
  return stages.some(({ canadian }) => canadian !== undefined) ? 'Canadian time' : undefined;
}
