import type { Refusal } from '../domain/refusal.ts';
import type { CommandLimit } from '../engine/command-context.ts';
import type { BurstLimit, Switcher } from './limit-ports.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Answer } from './answers.ts';
import type { Call } from './commands.ts';
import { type CommandLimits, refusalOfQuota } from './limits.ts';

type Command<Payload> = (payload: Payload, call: Call, limit?: CommandLimit) => Promise<Answer>;

/**
 * Limits the switches (and extensions) of each sender in a session, so that nobody uses up what an opponent needs.
 * Counts only those that nothing else refuses.
 */
export function limitSwitches<Payload extends { session_id: string }>(
  run: Command<Payload>,
  { switches }: CommandLimits,
  metrics: Metrics,
): Command<Payload> {
  if (switches === undefined) return run;
  return (payload, call) => run(payload, call, limitOf(switches, { sessionId: payload.session_id, sender: call.sender }, metrics));
}

/**
 * The count is sent before the commit on the same connection. If this instance has credit left, the commit does not
 * wait for the result: had others made switches in between, it would fail, and the result is known when the switch is
 * tried again.
 */
function limitOf(switches: BurstLimit<Switcher>, switcher: Switcher, metrics: Metrics): CommandLimit {
  let verdict: Refusal | null | Promise<Refusal | null> | undefined;
  return {
    look: () => switches.look(switcher),
    admit() {
      if (verdict !== undefined) return verdict;
      const { quota, credit } = switches.consume(switcher);
      verdict =
        quota instanceof Promise ? quota.then((left) => refusalOfQuota('switch', left, metrics)) : refusalOfQuota('switch', quota, metrics);
      return credit ? null : verdict;
    },
  };
}
