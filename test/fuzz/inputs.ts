import fc from 'fast-check';
import type { CommandName } from '#contract';
import { schemas } from '../../server/transport/schemas.ts';
import { chess } from '../kit/games.ts';

export const COMMANDS = Object.keys(schemas) as CommandName[];

/** Text of JSON that no serialiser would write but every parser must take. */
const oddText = fc.constantFrom(
  '1e999',
  '-1e999',
  '-0',
  '1E-999',
  '9007199254740993',
  '123456789012345678901234567890',
  '0.1e1',
  '"\\ud800"',
  '"\\udfff\\ud800"',
  '"\\u0000"',
  '"\\u2028"',
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  '{"a":1,"a":2}',
  '{"toJSON":1}',
  '{"_placeholder":true,"num":0}',
  '{"":{"":{"":[]}}}',
  `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
  `${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}`,
  `"${'x'.repeat(9_000)}"`,
  `[${'0,'.repeat(4_000)}0]`,
  ' \t\n null',
);

const ODD: unknown[] = [null, true, false, 0, -1, 1, 1.5, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 1e308, 5e-324];
ODD.push('', ' ', 'NaN', 'Infinity', '__proto__', 'constructor', 'undefined', '\ud800', '\u0000', '🂡'.repeat(100), '%00', '../..');
ODD.push([], {}, [[]], [null], { length: -1 });
const odd = fc.constantFrom(...ODD);

export const anyJson = fc.oneof({ maxDepth: 3 }, odd, fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' }), fc.double(), fc.integer());

/** The text of any JSON at all. */
const anyText = fc.oneof({ weight: 3, arbitrary: anyJson.map((value) => JSON.stringify(value)) }, { weight: 1, arbitrary: oddText });

/** Payloads that a careful client would send, for sessions that are there or are not. */
function validPayload(name: CommandName, sessions: readonly string[]): fc.Arbitrary<Record<string, unknown>> {
  const session_id = fc.constantFrom(...sessions, 'nobody');
  const who = fc.constantFrom('white', 'black', 'nobody');
  const options = { expected_version: fc.nat(50), command_id: fc.constantFrom('a', 'b', 'c') };
  const some = (fields: Record<string, fc.Arbitrary<unknown>>, required: Record<string, fc.Arbitrary<unknown>> = {}) =>
    fc
      .tuple(fc.record({ session_id, ...required }), fc.record({ ...options, ...fields }, { requiredKeys: [] }))
      .map(([always, sometimes]): Record<string, unknown> => Object.assign(always, sometimes));
  const id = fc.constantFrom('a', 'b', 'item-2', '');
  const item = fc.record(
    { item_id: id, title: fc.string(), time_ms: fc.nat(90_000_000), participant_id: who, metadata: anyJson },
    { requiredKeys: [] },
  );
  const items = fc.array(item, { maxLength: 4 });
  const seat = { participant_index: fc.nat(5), total_time_ms: fc.nat(90_000_000), name: fc.string(), withdrawn: fc.boolean() };
  const one = fc.tuple(fc.constantFrom('white', 'black', 'late', ''), fc.record(seat, { requiredKeys: [] }));
  const people = fc.array(
    one.map(([participant_id, fields]) => Object.assign({ participant_id }, fields)),
    { maxLength: 4 },
  );
  switch (name) {
    case 'session:create':
      return fc
        .record({
          base: fc.constant(null),
          change: fc.record(
            { metadata: anyJson, increment_ms: fc.nat(70_000), overrun_ms: fc.nat(90_000_000), items },
            { requiredKeys: [] },
          ),
        })
        .map(({ change }): Record<string, unknown> => Object.assign(Object.fromEntries(Object.entries(chess())), change));
    case 'session:start':
      return some({ active_participant_id: who });
    case 'session:switch':
      return some({
        current_participant_id: who,
        next_participant_id: who,
        next_item_id: id,
        cycle_count: fc.integer({ min: -1, max: 3 }),
      });
    case 'session:extend':
      return some({ participant_id: who, reason: fc.string(), cycle_count: fc.integer({ min: -1, max: 3 }) });
    case 'session:adjust':
      return some({ participant_id: who, reason: fc.string() }, { delta_ms: fc.integer({ min: -90_000_000, max: 90_000_000 }) });
    case 'session:undo':
      return some({ turns: fc.integer({ min: 0, max: 21 }), clock: fc.constantFrom('restore', 'charge', 'keep') });
    case 'session:schedule':
      return some({
        starts_at: fc.oneof(fc.constantFrom(new Date(Date.now() + 60_000).toISOString(), '2999-01-01T00:00:00.000Z'), fc.string()),
      });
    case 'session:edit':
      return some({ items, participants: people, metadata: fc.dictionary(fc.string(), anyJson) }, {});
    case 'session:message':
      return some({}, { message: anyJson });
    case 'session:history':
      return some({ after_version: fc.nat(20), limit: fc.integer({ min: -1, max: 1_001 }) });
    case 'session:join':
      return some({ last_known_version: fc.nat(30), last_known_epoch: fc.nat() });
    case 'time:sync':
      return fc.record({ client_time_ms: fc.double() });
    default:
      return some({});
  }
}

/** A payload's text: right, nearly right, or anything. */
export function payloadText(name: CommandName, sessions: readonly string[]): fc.Arbitrary<string> {
  const valid = validPayload(name, sessions);
  const wrongs = fc.array(
    fc.record({ key: fc.oneof(fc.nat(12), fc.constantFrom('surplus', '__proto__', 'session_id', 'command_id', '')), text: anyText }),
    { minLength: 1, maxLength: 3 },
  );
  const nearly = fc.tuple(valid, wrongs).map(([payload, changes]) => {
    const fields = new Map(Object.entries(payload).map(([key, value]) => [key, JSON.stringify(value)]));
    for (const { key, text } of changes) {
      fields.set(typeof key === 'number' ? ([...fields.keys()][key % Math.max(1, fields.size)] ?? 'none') : key, text);
    }
    return `{${[...fields].map(([key, text]) => `${JSON.stringify(key)}:${text ?? 'null'}`).join(',')}}`;
  });
  return fc.oneof(
    { weight: 5, arbitrary: valid.map((payload) => JSON.stringify(payload)) },
    { weight: 5, arbitrary: nearly },
    { weight: 2, arbitrary: anyText },
  );
}

/** The text of an event's array: its name, its payload, sometimes more. */
export function eventText(sessions: readonly string[]): fc.Arbitrary<string> {
  const command = fc
    .constantFrom(...COMMANDS)
    .chain((name) => payloadText(name, sessions).map((text) => `[${JSON.stringify(name)},${text}]`));
  const names = fc.oneof(
    fc.constantFrom(
      '"connect"',
      '"disconnect"',
      '"error"',
      '"newListener"',
      '"__proto__"',
      '"session:explode"',
      '""',
      '7',
      '-1',
      'null',
      '{}',
    ),
    fc.string().map((name) => JSON.stringify(name)),
  );
  const strange = fc.tuple(names, fc.array(anyText, { maxLength: 3 })).map(([name, texts]) => `[${[name, ...texts].join(',')}]`);
  const surplus = fc.tuple(command, anyText).map(([text, more]) => `${text.slice(0, -1)},${more}]`);
  return fc.oneof({ weight: 8, arbitrary: command }, { weight: 2, arbitrary: strange }, { weight: 1, arbitrary: surplus });
}

/** Frames of any kind, most of them no Socket.IO. */
export const junkFrame: fc.Arbitrary<string | Buffer> = fc.oneof(
  fc.string({ maxLength: 200 }),
  fc.string({ maxLength: 200, unit: 'binary' }),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc.tuple(fc.constantFrom('0', '1', '2', '3', '4', '5', '6', '7', '9', 'b'), fc.string({ maxLength: 50 })).map((parts) => parts.join('')),
  fc
    .tuple(
      fc.constantFrom(
        '40',
        '41',
        '42',
        '43',
        '44',
        '45',
        '451-',
        '452-',
        '46',
        '461-',
        '45999999-',
        '45-1-',
        '42/admin,',
        '40/admin,',
        '4',
      ),
      fc.oneof(fc.constant(''), fc.constantFrom('1', '999999999999', '1e9', '0x1', '-1')),
      fc.oneof(anyText, fc.constantFrom('["x"', '["session:get",{"_placeholder":true,"num":9}]', '{"sid":1}', '[]')),
    )
    .map((parts) => parts.join('')),
);
