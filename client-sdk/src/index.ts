/** `@synckairos/client`: synchronized timers in the browser and in Node. */
export type * from './contract/index.ts';
export type { ClockOwner } from './clock/find.ts';
export type { Reading } from './clock/clock.ts';
export { type Mode, modeOf } from './clock/modes.ts';
export { cycleTimeUsed, participantTimeUsed, readClock, remaining } from './clock/reading.ts';
export { type Programme, type ProgrammeItem, readProgramme } from './clock/read-programme.ts';
export { SyncKairosClient } from './client.ts';
export type { ClockStatus } from './clock-sync.ts';
export type { DeviceClock } from './device-clock.ts';
export { type ErrorSubject, SyncKairosError, type SyncKairosErrorCode } from './errors.ts';
export type { ClientEvents, ConnectionState } from './events.ts';
export type { ClockPhaseEvent } from './phase-watch.ts';
export { formatTime, shownElapsed, shownTime, type TimeStyle, untilNextDigit, untilNextElapsedDigit } from './format-time.ts';
export type { Logger, OptimisticSwitch, SyncKairosOptions } from './options.ts';
export type {
  CallOptions,
  CompleteOptions,
  Edit,
  ExtendOptions,
  FinishOptions,
  HistoryPage,
  ScheduleOptions,
  SwitchOptions,
  UndoOptions,
} from './session-commands.ts';
export type { Who } from './who.ts';
export { formatTimeControl, type NotationOptions, parseTimeControl } from './notation.ts';
export { type PlayedTurn, playThrough, type PlayThroughOptions } from './play-through.ts';
