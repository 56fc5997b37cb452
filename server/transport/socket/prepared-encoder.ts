import { Encoder, type Packet, PacketType } from 'socket.io-parser';
import type { Reply } from '#contract';
import { WrittenAnswer } from '../written-answer.ts';

const prepared = new WeakMap<object, string>();

/** Sets the JSON of a payload, which is sent in its place from now on. */
export function prepare<Payload extends object>(payload: Payload, json: string): Payload {
  prepared.set(payload, json);
  return payload;
}

/** Shorter replies are not charged for. */
const SHORT_REPLY = 1_024;
const lengths = new WeakMap<object, number>();

/**
 * The length of a reply that was sent, in characters; 0 for a short one. Measuring it would need serialising it again.
 */
export function lengthOfReply(reply: object): number {
  return lengths.get(reply) ?? 0;
}

/**
 * Socket.IO's encoder without its search for binary data, which this server never sends, and with payloads whose JSON
 * was made before.
 */
export class PreparedEncoder extends Encoder {
  override encode(packet: Packet): unknown[] {
    const { type, nsp, id, data } = packet as { type: PacketType; nsp: string; id?: number; data: unknown[] };
    if (nsp !== '/' || (type !== PacketType.EVENT && type !== PacketType.ACK)) return super.encode(packet);
    if (type === PacketType.ACK) {
      const reply = data[0] as Reply<unknown>;
      const text = `${type}${id ?? ''}[${acknowledgement(reply)}]`;
      if (text.length > SHORT_REPLY) lengths.set(reply, text.length);
      return [text];
    }
    const payload = data[1];
    const json = typeof payload === 'object' && payload !== null ? prepared.get(payload) : undefined;
    return [`${type}${id ?? ''}${json === undefined ? JSON.stringify(data) : `[${JSON.stringify(data[0])},${json}]`}`];
  }
}

function acknowledgement(reply: Reply<unknown>): string {
  if (!reply.ok || !(reply.data instanceof WrittenAnswer)) return JSON.stringify(reply);
  // Concatenated, not joined: joining would copy a large text once more.
  let json = '';
  for (const piece of reply.data.jsonOf(reply)) json += piece;
  return json;
}
