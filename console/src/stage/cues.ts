/**
 * What the host tells the stage. It is in the session's metadata, so that owners and controllers may change it and
 * nobody else, every screen that comes later has it, and it comes with the state.
 */
import type { EditPayload, SessionState } from '@synckairos/client';

const MESSAGE = 'stage_message';
const BLACKOUT = 'stage_blackout';
const FLASH = 'stage_flash';
/** How long a stage flashes, ms. */
export const FLASH_MS = 3_000;
/** The longest message, in characters. */
export const MESSAGE_MAX = 120;

export interface Cues {
  /** Empty for none. */
  message: string;
  /** Whether the stage is dark. */
  blackout: boolean;
  /** When the host made it flash, Unix ms; null for never. */
  flashedAt: number | null;
}

type Cue = Pick<EditPayload, 'metadata'>;

/** What the stage was told last. What is no text, or no instant, counts as nothing. */
export function cuesOf({ metadata }: SessionState): Cues {
  const { [MESSAGE]: message, [BLACKOUT]: blackout, [FLASH]: flash } = metadata;
  const flashedAt = typeof flash === 'string' ? Date.parse(flash) : NaN;
  return {
    message: typeof message === 'string' ? message : '',
    blackout: blackout === true,
    flashedAt: Number.isNaN(flashedAt) ? null : flashedAt,
  };
}

/** Shows a message; an empty one takes it away. */
export function messageCue(text: string): Cue {
  return { metadata: { [MESSAGE]: text.trim() === '' ? null : text.trim().slice(0, MESSAGE_MAX) } };
}

/** Makes the stage dark, or shows it again. */
export function blackoutCue(isDark: boolean): Cue {
  return { metadata: { [BLACKOUT]: isDark ? true : null } };
}

/** Makes the stage flash from an instant of the server on (Unix ms). */
export function flashCue(at: number): Cue {
  return { metadata: { [FLASH]: new Date(Math.round(at)).toISOString() } };
}
