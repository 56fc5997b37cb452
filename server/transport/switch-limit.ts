import type { Refusal } from '../domain/refusal.ts';
import type { Quota } from '../engine/ports.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Answer } from './answers.ts';
import type { Call } from './commands.ts';
import { type CommandLimits, refusalOfQuota } from './limits.ts';
import type { Parsed } from './schemas.ts';

type Switch = (payload: Parsed<'session:switch'>, call: Call, admitted?: Promise<Refusal | null>) => Promise<Answer>;

/**
 * Counts the switches of a session before they are made. The limit is asked together with the session, ahead of it on the same connection: it costs no round
 * trip. Only whoever turns out to be allowed to switch is counted, else a stranger could use up the session's switches.
 */
export function limitSwitches(makeSwitch: Switch, { switches }: CommandLimits, metrics: Metrics): Switch {
  if (switches === undefined) return makeSwitch;
  const refusalOf = (quota: Quota) => refusalOfQuota('switch', quota, metrics);
  return async (payload, call) => {
    const { permit } = call;
    if (permit?.authorize !== undefined) {
      const { authorize } = permit;
      let counted: Promise<Refusal | null> | undefined;
      const count = async () => refusalOf(await switches.consume(payload.session_id));
      return makeSwitch(payload, {
        ...call,
        permit: { ...permit, authorize: async (state, repeated) => (await authorize(state, repeated)) ?? (counted ??= count()) },
      });
    }
    const quota = switches.consume(payload.session_id);
    if (quota instanceof Promise) return makeSwitch(payload, call, quota.then(refusalOf));
    return refusalOf(quota) ?? makeSwitch(payload, call);
  };
}
