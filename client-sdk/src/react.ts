/** React hooks on top of the client: the subpath `@synckairos/client/react`. React itself is an optional peer. */
export type { ClockView } from './clock-view.ts';
export type { ParticipantClock } from './participants-store.ts';
export { useClock, useCountdown, useNow, useParticipants, useStopwatch } from './use-time.ts';
export { SyncKairosProvider, useClient } from './use-client.ts';
export { useProgramme } from './use-programme.ts';
export {
  useSession,
  useSyncKairos,
  type HookCommands,
  type SyncKairosHook,
  type SyncKairosHookOptions,
  type UseSessionOptions,
} from './use-sync-kairos.ts';
