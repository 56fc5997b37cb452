/** React hooks on top of the client: the subpath `@synckairos/client/react`. React itself is an optional peer. */
export type { ClockView } from './clock-view.ts';
export type { ParticipantClock } from './participants-store.ts';
export { useClock, useCountdown, useNow, useParticipants, useStopwatch } from './use-time.ts';
export { useProgramme } from './use-programme.ts';
export { useSyncKairos, type SyncKairosHook, type SyncKairosHookOptions } from './use-sync-kairos.ts';
