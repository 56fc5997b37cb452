/** The wire contract of SyncKairos: what a client can send and what it gets back. Imports nothing. */
export * from './access.ts';
export * from './changes.ts';
export * from './commands.ts';
export * from './events.ts';
export * from './limits.ts';
export * from './programme.ts';
export * from './reply.ts';
export * from './state.ts';
export * from './time-control.ts';
