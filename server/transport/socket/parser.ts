import { Decoder, type Packet, PacketType } from 'socket.io-parser';
import { PreparedEncoder } from './prepared-encoder.ts';

/** An event in the namespace `/`, with or without the number of its acknowledgement. */
const EVENT_FRAME = /^2(\d{0,15})(\[[^]*)$/;

/** Socket.IO's decoder, but an event with a name that the library reserves is an event like any other. */
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
 * The event in a frame that the library refuses for its name: a reserved one, such as `connect`, or none. The library
 * would end the connection; here it is answered as an unknown command.
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
