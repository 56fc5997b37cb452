/** One exchange of timestamps with the server, over the socket or over REST. */
import { sampleOf, type TimeSample } from './clock-filter.ts';
import type { Connection } from './connection.ts';
import type { TimeData } from './contract/index.ts';
import type { DeviceClock, Life } from './device-clock.ts';
import { unreachable } from './errors.ts';
import type { ResolvedOptions } from './options.ts';
import { fetchWithin, unknownServer } from './rest.ts';

/** Makes an exchange by `time:sync`. @throws SyncKairosError NETWORK_ERROR, TIMEOUT or the server's refusal */
export async function exchangeOverSocket(connection: Connection, clock: DeviceClock): Promise<TimeSample> {
  const sentAt = clock.monotonic();
  const data = await connection.exchange('time:sync', {});
  return sampleOf(sentAt, data.server_receive_time_ms, data.server_send_time_ms, clock.monotonic(), data.error_bound_ms);
}

/**
 * Makes exchanges by `GET /time`, one after another. Each answer tells what is left of the server's limit; when the
 * time is known, the last half of that is left to commands. They reject with SyncKairosError NETWORK_ERROR or TIMEOUT,
 * or with the error of the one before, for which they waited.
 */
export function exchangesOverRest(options: ResolvedOptions): (life: Life, isKnown: () => boolean) => Promise<TimeSample> {
  let [latest, until]: [Promise<TimeSample>?, Life?] = [];
  return (life, isKnown) => {
    const run = async (): Promise<TimeSample> => {
      if (isKnown() && options.quota.isShort) throw unreachable('The time can wait');
      return exchangeOverRest(options, life);
    };
    // An exchange of a former life does not delay the next one.
    const mine = latest && until === life ? latest.then(run) : run();
    [latest, until] = [mine, life];
    const over = (): void => void (latest === mine && (latest = undefined));
    mine.then(over, over);
    return mine;
  };
}

/** `GET /time` names one instant between receiving and sending. */
async function exchangeOverRest(options: ResolvedOptions, life: Life): Promise<TimeSample> {
  const { clock, requestTimeoutMs: timeoutMs } = options;
  const sentAt = clock.monotonic();
  const time = (await fetchWithin(options, '/time', {}, { timeoutMs, life })) as Partial<TimeData> | null;
  const receivedAt = clock.monotonic();
  const { timestamp_ms: server, error_bound_ms: serverBound } = time ?? {};
  if (server === undefined || serverBound === undefined) throw unknownServer(options);
  return sampleOf(sentAt, server, server, receivedAt, serverBound);
}
