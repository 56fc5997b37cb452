import { Decoder, type Packet, PacketType } from 'socket.io-parser';
import { PreparedEncoder } from './prepared-encoder.ts';

/** An event in the namespace `/`, with or without the number of its acknowledgement. */
const EVENT_FRAME = /^2(\d{0,15})(\[[^]*)$/;

/** socket.io's decoder, for which a name that the library keeps for itself is an event like any other. */
class ForgivingDecoder extends Decoder {
  override add(frame: unknown): void {
    try {
      super.add(frame);
    } catch (error) {
      const packet = refusedEvent(frame);
      if (packet === undefined) throw error;
      this.emitReserved('decoded', packet);
    }
  }
}

/**
 * The event in a frame that the library refuses for its name: one that it keeps for itself, such as `connect`, or none
 * at all. It ends the connection for that; here it is an unknown command like any other, and answered.
 */
function refusedEvent(frame: unknown): Packet | undefined {
  const found = typeof frame === 'string' ? EVENT_FRAME.exec(frame) : null;
  if (found === null) return undefined;
  try {
    const data: unknown = JSON.parse(found[2] ?? '');
    return Array.isArray(data)
      ? { type: PacketType.EVENT, nsp: '/', data, ...(found[1] === '' ? {} : { id: Number(found[1]) }) }
      : undefined;
  } catch {
    return undefined;
  }
}

/** The `parser` option of a socket.io server. */
export const parser = { Encoder: PreparedEncoder, Decoder: ForgivingDecoder };
