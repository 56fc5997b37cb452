/** The attributes of the element, as it takes them. */

export const ATTRIBUTES = [
  'server',
  'session',
  'owner',
  'token',
  'format',
  'tenths-below',
  'delay',
  'identifier',
  'mirror',
  'lang',
  'announce',
] as const;

export const FORMATS = ['countdown', 'stopwatch', 'spoken'] as const;
export type Format = (typeof FORMATS)[number];

const TENTHS_BELOW_S = 10;
const LONGEST_TENTHS_S = 3600;
/** As of a stage of the page. */
const LONGEST_DELAY_S = 600;

export interface Wishes {
  session: string | null;
  /** The id of a participant or group; undefined for the clock of the session. */
  owner: string | undefined;
  /** Null: as the session's mode counts. */
  format: Format | null;
  tenthsBelowMs: number;
  delayMs: number;
  /** Null: none is shown; empty: the name of whoever has the clock, or the session's title. */
  identifier: string | null;
  announces: boolean;
}

/** Reads the attributes. What is wrong is told by `warn`, naming the attribute, and counts as not given. */
export function readAttributes(element: Element, warn: (text: string) => void): Wishes {
  const number = (name: string, usual: number, most: number, isWhole: boolean): number => {
    const given = element.getAttribute(name);
    if (given === null) return usual;
    const value = given.trim() === '' ? NaN : Number(given);
    if (value >= 0 && value <= most && (!isWhole || Number.isInteger(value))) return value;
    warn(`${name} must be a ${isWhole ? 'whole ' : ''}number of seconds from 0 to ${most}; it is "${given}"`);
    return usual;
  };
  const format = element.getAttribute('format');
  const known = FORMATS.find((one) => one === format) ?? null;
  if (format !== null && known === null) warn(`format must be one of ${FORMATS.join(', ')}; it is "${format}"`);
  const session = element.getAttribute('session');
  if (!session) warn('session must be the id of a session');
  return {
    session: session || null,
    owner: element.getAttribute('owner') || undefined,
    format: known,
    tenthsBelowMs: number('tenths-below', TENTHS_BELOW_S, LONGEST_TENTHS_S, true) * 1000,
    delayMs: number('delay', 0, LONGEST_DELAY_S, false) * 1000,
    identifier: element.getAttribute('identifier'),
    announces: element.hasAttribute('announce'),
  };
}
