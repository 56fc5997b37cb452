/**
 * Recognises text frames by their first bytes: the type of the Engine.IO packet and, in a message, that of the
 * Socket.IO packet. Parses no JSON. https://socket.io/docs/v4/engine-io-protocol/ and
 * https://socket.io/docs/v4/socket-io-protocol/
 */

const code = (character: string) => character.charCodeAt(0);

/**
 * Types of the Engine.IO packets that a client sends: the first byte of a text frame. A base64 packet is a binary
 * attachment.
 */
export const ENGINE = { pong: code('3'), message: code('4'), base64: code('b') } as const;

/** Types of Socket.IO packets: the second byte of a message. */
export const SOCKET = {
  connect: code('0'),
  disconnect: code('1'),
  event: code('2'),
  ack: code('3'),
  binaryEvent: code('5'),
  binaryAck: code('6'),
} as const;

/** How many bytes of a message are looked at. */
const HEAD_BYTES = 64;
const headOf = (message: Buffer) => message.toString('latin1', 2, HEAD_BYTES);

/** The number of the acknowledgement, and the event's name if it is one that may be large. */
const EVENT = /^(?:\/,)?(\d{0,15})\[\s*("session:(?:create|edit)"\s*,)?/;
/** The number of attachments, and the number of the acknowledgement. */
const BINARY = /^(\d{1,2})-(?:\/,)?(\d{0,15})\[/;
/** Any namespace but `/`. */
const OTHER_NAMESPACE = /^\/[^,]/;

/**
 * The beginning of an event in the namespace `/`: the number of its acknowledgement, '' if no answer is wanted. Null
 * for anything else.
 */
export function readEvent(message: Buffer): { ackId: string; mayBeLarge: boolean } | null {
  const found = EVENT.exec(headOf(message));
  return found && { ackId: found[1] ?? '', mayBeLarge: found[2] !== undefined };
}

/** As `readEvent`, for an event with binary attachments. */
export function readBinary(message: Buffer): { ackId: string; attachments: number } | null {
  const [, attachments = '', ackId = ''] = BINARY.exec(headOf(message)) ?? [];
  return Number(attachments) > 0 ? { ackId, attachments: Number(attachments) } : null;
}

/** Whether a CONNECT is for another namespace than `/`, the only one there is. */
export function isForOtherNamespace(connect: Buffer): boolean {
  return OTHER_NAMESPACE.test(headOf(connect));
}

/** The message that answers an event, in the form that Engine.IO takes. `json`: the payload's JSON. */
export function acknowledgement(ackId: string, json: string): string {
  return `${String.fromCharCode(SOCKET.ack)}${ackId}[${json}]`;
}
