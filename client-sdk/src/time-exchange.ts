/** One exchange of timestamps with the server, over the socket or over REST. */
import type { TimeSample } from './clock-filter.ts';
import type { Connection } from './connection.ts';
import type { TimeData } from './contract/index.ts';
import type { DeviceClock } from './device-clock.ts';
import { unreachable } from './errors.ts';
import type { ResolvedOptions } from './options.ts';
import { fetchWithin } from './rest.ts';

/** Four timestamps by `time:sync`. @throws SyncKairosError NETWORK_ERROR, TIMEOUT or the server's refusal */
export async function exchangeOverSocket(connection: Connection, clock: DeviceClock): Promise<TimeSample> {
  const sentAt = clock.monotonic();
  const data = await connection.exchange('time:sync', {});
  return {
    sentAt,
    serverReceivedAt: data.server_receive_time_ms,
    serverSentAt: data.server_send_time_ms,
    receivedAt: clock.monotonic(),
    serverBound: data.error_bound_ms,
  };
}

/** By `GET /time`, which names one instant between receiving and sending. @throws SyncKairosError NETWORK_ERROR or TIMEOUT */
export async function exchangeOverRest(options: ResolvedOptions, signal: AbortSignal): Promise<TimeSample> {
  const { clock, requestTimeoutMs: timeoutMs } = options;
  const sentAt = clock.monotonic();
  const time = (await fetchWithin(options, '/time', {}, { timeoutMs, signal })) as Partial<TimeData> | null;
  const receivedAt = clock.monotonic();
  const { timestamp_ms: server, error_bound_ms: serverBound } = time ?? {};
  if (server === undefined || serverBound === undefined) throw unreachable(`What answers at ${options.restUrl} is no SyncKairos`);
  return { sentAt, serverReceivedAt: server, serverSentAt: server, receivedAt, serverBound };
}
