import { Encoder, type Packet, PacketType } from 'socket.io-parser';
import type { Reply } from '#contract';
import { HistoryAnswer } from '../history-answer.ts';

const prepared = new WeakMap<object, string>();

/** Has a payload's JSON sent as it is given here, wherever the payload is sent from now on. */
export function prepare<Payload extends object>(payload: Payload, json: string): Payload {
  prepared.set(payload, json);
  return payload;
}

/** socket.io's encoder without its search for binary data, of which this server sends none, and with payloads that were made into JSON before. */
export class PreparedEncoder extends Encoder {
  override encode(packet: Packet): unknown[] {
    const { type, nsp, id, data } = packet as { type: PacketType; nsp: string; id?: number; data: unknown[] };
    if (nsp !== '/' || (type !== PacketType.EVENT && type !== PacketType.ACK)) return super.encode(packet);
    if (type === PacketType.ACK) return [`${type}${id ?? ''}[${acknowledgement(data[0] as Reply<unknown>)}]`];
    const payload = data[1];
    const json = typeof payload === 'object' && payload !== null ? prepared.get(payload) : undefined;
    return [`${type}${id ?? ''}${json === undefined ? JSON.stringify(data) : `[${JSON.stringify(data[0])},${json}]`}`];
  }
}

function acknowledgement(reply: Reply<unknown>): string {
  return reply.ok && reply.data instanceof HistoryAnswer ? [...reply.data.jsonOf(reply)].join('') : JSON.stringify(reply);
}
