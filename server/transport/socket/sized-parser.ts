import { Decoder, type Packet, PacketType } from 'socket.io-parser';
import { PreparedEncoder } from './prepared-encoder.ts';

/** Engine.IO's packet type: a character at the head of each text frame, which it takes off before the decoder. Binary frames have none. */
const PACKET_TYPE_BYTES = 1;

/** An event in the namespace `/`, with or without the number of its acknowledgement. */
const EVENT_FRAME = /^2(\d{0,15})(\[[^]*)$/;

const frameBytes = new WeakMap<object, number>();
const binaryEvents = new WeakSet<object>();

/** What is known of the frame an event came in. `event` is the very array that socket.io hands to its middleware. */
export function frameOf(event: object): { bytes: number; binary: boolean } {
  return { bytes: frameBytes.get(event) ?? 0, binary: binaryEvents.has(event) };
}

/** socket.io's decoder, which also remembers how long the raw frame of each event was: measuring it later would mean serialising again. */
class SizedDecoder extends Decoder {
  #bytes = 0;
  #binary = false;

  constructor() {
    super();
    // Registered before socket.io's own listener, so an event is known by the time it is dispatched.
    this.on('decoded', (packet: Packet) => {
      if (Array.isArray(packet.data)) {
        frameBytes.set(packet.data, this.#bytes);
        if (this.#binary) binaryEvents.add(packet.data);
      }
      this.#bytes = 0;
      this.#binary = false;
    });
  }

  override add(frame: unknown): void {
    if (typeof frame === 'string') {
      this.#bytes += PACKET_TYPE_BYTES + Buffer.byteLength(frame);
    } else {
      this.#bytes += (frame as Uint8Array).byteLength;
      this.#binary = true;
    }
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
 * The event in a frame that the library refuses for its name: one that it keeps for itself, such as `connect`, or none at all. It ends the connection for that;
 * here it is an unknown command like any other, and answered.
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
export const sizedParser = { Encoder: PreparedEncoder, Decoder: SizedDecoder };
