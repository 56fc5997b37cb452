import type { Admission } from '../engine/checks.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Answer } from './answers.ts';
import type { Call } from './commands.ts';
import { type CommandLimits, refusalOfQuota } from './limits.ts';
import type { Parsed } from './schemas.ts';

type Switch = (payload: Parsed<'session:switch'>, call: Call, admission?: () => Admission) => Promise<Answer>;

/**
 * Counts the switches of a session. The engine asks for it together with the session, and goes ahead where this instance has credit left, so it costs no
 * round trip. Only whoever turns out to be allowed to switch is counted, else a stranger could use up the session's switches.
 */
export function limitSwitches(makeSwitch: Switch, { switches }: CommandLimits, metrics: Metrics): Switch {
  if (switches === undefined) return makeSwitch;
  return async (payload, call) => {
    let counted: Admission | undefined;
    const count = () => {
      const { quota, credit } = switches.consume(payload.session_id);
      const refusal = quota instanceof Promise ? null : refusalOfQuota('switch', quota, metrics);
      const verdict = quota instanceof Promise ? quota.then((left) => refusalOfQuota('switch', left, metrics)) : Promise.resolve(refusal);
      counted = { credit, verdict };
      return refusal;
    };
    // Where everybody may switch and nothing is left, nobody has to look at the session.
    const refused = call.permit?.authorize === undefined ? count() : null;
    return (
      refused ??
      makeSwitch(payload, call, () => {
        if (counted === undefined) count();
        return counted as Admission;
      })
    );
  };
}
