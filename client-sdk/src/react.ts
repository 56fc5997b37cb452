/** React hooks on top of the client: the subpath `@synckairos/client/react`. React itself is an optional peer. */
export { useCountdown, useNow } from './use-time.ts';
export { useSyncKairos, type SyncKairosHook } from './use-sync-kairos.ts';
