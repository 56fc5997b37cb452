import { Decoder, type Packet } from 'socket.io-parser';
import { PreparedEncoder } from './prepared-encoder.ts';

/** Engine.IO's packet type: a character at the head of each text frame, which it takes off before the decoder. Binary frames have none. */
const PACKET_TYPE_BYTES = 1;

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
    super.add(frame);
  }
}

/** The `parser` option of a socket.io server. */
export const sizedParser = { Encoder: PreparedEncoder, Decoder: SizedDecoder };
