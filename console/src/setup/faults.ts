/** What the server refused in a form, in words for users; the server's own messages are for developers. */
import type { FieldIssue } from '@synckairos/client';

/** By the kind of field, then by the code of the fault; `else` for all others. */
const WORDS: Readonly<Record<string, Readonly<Record<string, string>> & { else: string }>> = {
  time: {
    too_big: 'At most 24 hours.',
    too_small: 'At least one second, at most 24 hours.',
    out_of_range: 'At least one second, at most 24 hours.',
    else: 'Write how long, such as 5:00, 1:30:00 or 30 s.',
  },
  increment: { too_big: 'At most one minute.', too_small: 'Nothing can be taken away after a turn.', else: 'Write how long, such as 3 s.' },
  ceiling: {
    too_big: 'At most 24 hours.',
    too_small: 'At least one second, and no less than a clock begins with.',
    else: 'Write how long, such as 2 h.',
  },
  overtime: {
    too_big: 'At most 24 hours.',
    too_small: 'How far below zero, so nothing less than that.',
    unsupported: 'Not together with byo-yomi, Canadian time or an hourglass.',
    else: 'Write how long, such as 10:00 or 30 s.',
  },
  warnings: {
    custom: 'Each only once.',
    too_big: 'At most ten.',
    too_small: 'Each above zero; with overtime, above where that ends.',
    else: 'Write times such as 60 s, 30 s.',
  },
  softClose: { else: 'Write how long, such as 10 s; not together with overtime.' },
  rows: { too_big: 'At most 1000.', else: 'There must be at least one, and two for an hourglass.' },
  name: { too_big: 'That is too long.', not_unique: 'There is another one of this name.', else: 'Another name, please.' },
  people: { too_big: 'At most 1000.', else: 'At least one name is needed.' },
  members: { not_unique: 'Somebody is in two teams.', else: 'At least one member is needed.' },
  startsAt: { out_of_range: 'In the future, at most 400 days ahead.', else: 'Write a date and a time.' },
  undo: { else: 'Write a number from 0 to 20.' },
  title: { else: 'That is too long, together with the names.' },
};

/** What a part of a time control may be, by its field. */
const OF_CONTROL: Readonly<Record<string, string>> = {
  time_ms: 'A time is at most 30 days, and the first turn at least a second long.',
  increment_ms: 'An increment is at most 30 days.',
  delay_ms: 'A delay is at most 30 days.',
  period_ms: 'A period is at most 30 days.',
  block_ms: 'The time for some moves is at most 30 days.',
  turns: 'At most 500 moves.',
  periods: 'At most 500 periods.',
  increment_every: 'At most every 500 moves.',
  max_time_ms: 'A clock may hold no less than it begins with.',
  stages: 'One to eight stages, which together have at most 400 days.',
  hourglass: 'An hourglass is for all players, two at least, and has a second or more.',
};

/**
 * @param field of the draft, such as `rows.2.time`; empty if the form has no such field
 * @param issue what the server found, by its own name of the field
 */
export function wordsForFault(field: string, { field: told, code }: Pick<FieldIssue, 'field' | 'code'>): string {
  if (told.includes('time_control')) return OF_CONTROL[told.slice(told.lastIndexOf('.') + 1)] ?? 'No clock can have such a time control.';
  const kind = field.slice(field.lastIndexOf('.') + 1);
  const words = WORDS[kind];
  if (words === undefined) return 'The server does not take this.';
  return words[code] ?? words.else;
}
