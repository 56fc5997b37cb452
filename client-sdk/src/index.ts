/** `@synckairos/client`: synchronized timers in the browser and in Node. */
export * from './contract/index.ts';
export { SyncKairosClient } from './client.ts';
export type { ClockStatus } from './clock-sync.ts';
export type { DeviceClock } from './device-clock.ts';
export type { ConnectionState } from './connection.ts';
export { SyncKairosError, type SyncKairosErrorCode } from './errors.ts';
export type { ClientEvents } from './events.ts';
export { formatTime, shownTime, untilNextDigit, type TimeStyle } from './format-time.ts';
export type { SyncKairosOptions } from './options.ts';
export type { HistoryPage } from './session-commands.ts';
