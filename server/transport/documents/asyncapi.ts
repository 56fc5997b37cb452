import type { z } from 'zod';
import type { CommandName, ServerToClientEvents } from '#contract';
import { schemas } from '../schemas.ts';
import { named, namedEvents, roomEvents, successOf } from './reply-schemas.ts';
import { schemaBook } from './json-schema.ts';
import { notes, refusalsOf } from './notes.ts';

const ROOM_TEXTS: Record<keyof ServerToClientEvents, string> = {
  'session:update':
    'A new version of the session: its state, or the changes since an earlier version if the socket joined a large session with `deltas`',
  'session:expired': 'A clock has run out',
  'session:warning': 'The running clock has crossed a threshold',
  'session:deleted': 'The session was deleted; the room is dissolved',
  'session:message': 'What somebody sent to the room',
  'auth:expired': 'Your token or link has ended; the connection is closed',
  'server:closing': 'This instance shuts down; come back after that time',
};

/** Keys of components may not contain a colon. */
const keyOf = (event: string) => event.replace(':', '.');
const reference = (...path: string[]) => ({ $ref: `#/${path.join('/')}` });

/**
 * Commands and events over Socket.IO as an AsyncAPI 3 document, made from the schemas in use. See
 * https://www.asyncapi.com/docs/reference/specification/v3.0.0
 */
export function asyncApiDocument(serverVersion: string, basePath: string): object {
  const book = schemaBook({ ...named, ...namedEvents }, 'draft-7');
  const commands = Object.entries(schemas) as [CommandName, z.ZodType][];
  const message = (name: string, summary: string, payload: object, example?: object) => ({
    name,
    summary,
    contentType: 'application/json',
    payload,
    ...(example === undefined ? {} : { examples: [{ payload: example }] }),
  });
  const messages: Record<string, object> = {};
  const operations: Record<string, object> = {};
  for (const [name, schema] of commands) {
    const { summary, example } = notes[name];
    const [key, reply] = [keyOf(name), `${keyOf(name)}.reply`];
    const failures = refusalsOf(name).map((code) => reference('components', 'schemas', `Failure_${code}`));
    messages[key] = message(name, summary, book.of(schema), example);
    messages[reply] = message(reply, `The acknowledgement of ${name}`, { oneOf: [book.of(successOf(name)), ...failures] });
    operations[key] = {
      action: 'receive',
      channel: reference('channels', 'commands'),
      summary,
      messages: [reference('channels', 'commands', 'messages', key)],
      reply: { channel: reference('channels', 'replies'), messages: [reference('channels', 'replies', 'messages', reply)] },
    };
  }
  for (const [name, schema] of Object.entries(roomEvents) as [keyof ServerToClientEvents, z.ZodType][]) {
    const key = `room.${keyOf(name)}`;
    messages[key] = message(name, ROOM_TEXTS[name], book.of(schema));
    operations[key] = {
      action: 'send',
      channel: reference('channels', 'room'),
      summary: ROOM_TEXTS[name],
      messages: [reference('channels', 'room', 'messages', key)],
    };
  }
  const channel = (description: string, fits: (key: string) => boolean) => ({
    address: '/',
    description,
    messages: Object.fromEntries(
      Object.keys(messages)
        .filter(fits)
        .map((key) => [key, reference('components', 'messages', key)]),
    ),
  });
  const isReply = (key: string) => key.endsWith('.reply');
  const isRoom = (key: string) => key.startsWith('room.');
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'SyncKairos',
      version: serverVersion,
      license: { name: 'MIT' },
      description:
        'Commands and events over Socket.IO 4 (protocol 5), WebSocket only, namespace `/`. A message is an event of that name with one argument. In a payload `null` means ' +
        'absent, and a field that is not listed is refused. An event that is no command is acknowledged with UNKNOWN_COMMAND. REST is described in /v1/openapi.json.',
    },
    defaultContentType: 'application/json',
    servers: {
      instance: {
        host: '{host}',
        pathname: `${basePath}/socket.io/`,
        protocol: 'ws',
        description: 'Any instance; wss behind TLS',
        variables: { host: { default: 'localhost:3000' } },
      },
    },
    channels: {
      commands: channel('What clients send, with an acknowledgement', (key) => !isReply(key) && !isRoom(key)),
      replies: channel('Acknowledgements', isReply),
      room: channel("What every socket in a session's room is sent", isRoom),
    },
    operations,
    components: { schemas: book.components, messages },
  };
}
