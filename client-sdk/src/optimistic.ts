/**
 * The server's arithmetic of turns, for showing a switch before it is answered: the subpath
 * `@synckairos/client/optimistic`.
 */
export { predictSwitch } from './clock/turns.ts';
