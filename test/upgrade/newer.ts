import type { JsonObject } from '#contract';
import type { Schema } from '../../server/domain/schema.ts';

/** A version whose states say from which form they were made, so that a test sees the upgrade. */
export const NEWER: Schema = {
  writes: 2,
  reads: 2,
  upgrade: (state, from) => ({ ...state, metadata: { ...(state['metadata'] as JsonObject), upgraded_from: from } }),
};
/** The release before it: reads what the newer one writes, and still writes what all can read. */
export const BRIDGE: Schema = { ...NEWER, writes: 1 };
