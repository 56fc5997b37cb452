import type { Namespace } from 'socket.io';

interface Private {
  _encode(packet: unknown, options: { wsPreEncodedFrame?: Buffer[] }): unknown;
}

/**
 * Makes an adapter of socket.io-adapter 2.5.8 give each socket of a room the WebSocket frame in one buffer. Replaces
 * its private method `_encode`, which puts the frame of a broadcast into `wsPreEncodedFrame` as head and body: two
 * buffers for each write to each socket.
 */
export function joinFrames(adapter: Namespace['adapter']): void {
  const inside = adapter as unknown as Private;
  const encode = inside._encode.bind(adapter);
  inside._encode = (packet, options) => {
    const encoded = encode(packet, options);
    if (options.wsPreEncodedFrame !== undefined) options.wsPreEncodedFrame = [Buffer.concat(options.wsPreEncodedFrame)];
    return encoded;
  };
}
