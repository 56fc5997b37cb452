/** The clock: time itself, pure, shared by server, SDK and page. Imports the contract's types and nothing else. */
export * from './changes.ts';
export * from './clock.ts';
export * from './concurrent.ts';
export { chargeOf, type ControlledClock, setUp } from './control.ts';
export * from './derive.ts';
export * from './find.ts';
export * from './hourglass.ts';
export * from './instants.ts';
export * from './modes.ts';
export * from './position.ts';
export * from './programme.ts';
export * from './read-programme.ts';
export * from './reading.ts';
export * from './rules.ts';
export * from './starts.ts';
export * from './turn-order.ts';
export * from './turns.ts';
