import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import { frame, frameHead, HANDSHAKE, RawWebSocket } from '../kit/raw-websocket.ts';
import { eventText, junkFrame } from './inputs.ts';

const DEADLINE_MS = 20_000;
const HALF_PATIENCE_MS = 100;
const LOOK_EVERY_MS = 2;
/** No event that is made here has a number so high. */
const LAST_ID = 999_999_999;

/** A handshake and the bytes that follow it, in the pieces in which they are written. */
export interface Conversation {
  path: string;
  headers: string[];
  /** Whether a proper CONNECT comes before the pieces. */
  connects: boolean;
  pieces: Buffer[];
  /** Whether all frames are sent to their end, so that the server owes an answer or hangs up. */
  isWhole: boolean;
}

interface Frames {
  bytes: Buffer;
  isWhole: boolean;
}

/** Texts of packets at the wrong time or of the wrong form. */
const PACKETS = [
  [
    '40',
    '40{}',
    '40{"token":"x"}',
    '40/admin,',
    '40/,{}',
    '41',
    '41/admin,',
    '44{"message":"x"}',
    '3',
    '2',
    '2probe',
    '3probe',
    '5',
    '6',
    '1',
    '0',
  ],
  ['43', '43[]', '430[]', '431[{"ok":true}]', '43999999999999[1]', '430', '46', '461-0[{"_placeholder":true,"num":0}]', '460-[]'],
  ['451-0["session:get",{"_placeholder":true,"num":0}]', '452-["x",{"_placeholder":true,"num":1}]', '4511-1["x"]', 'bAAAA', 'b', ''],
  ['42', '42["x"', '42/admin,1["session:get",{}]', '42/,1["time:sync",{}]', `421["session:get","${'x'.repeat(20_000)}"]`],
].flat();

const OPCODES = [0, 2, 3, 8, 9, 10, 11];

/**
 * Frames as a client should not send them: packets at the wrong time, acknowledgements, attachments, control frames,
 * fragments, halves.
 */
function strangeFrame(sessions: readonly string[]): fc.Arbitrary<Frames> {
  const packet = fc.constantFrom(...PACKETS);
  const events = fc.tuple(fc.constantFrom('', '0', '1', '77'), eventText(sessions)).map(([id, text]) => `42${id}${text}`);
  const control = fc
    .tuple(fc.constantFrom(...OPCODES), fc.uint8Array({ maxLength: 130 }), fc.constantFrom(0, 1))
    .map(([opcode, body, fin]) => frame(Buffer.from(body), { opcode, fin }));
  const half = fc
    .tuple(fc.constantFrom(1, 5, 300, 5_000, 70_000, 3_000_000), fc.uint8Array({ maxLength: 20 }))
    .map(([length, body]) => Buffer.concat([frameHead(length), body]));
  const fragments = fc
    .tuple(events, fc.nat(5))
    .map(([text, at]) =>
      Buffer.concat([frame(text.slice(0, at), { fin: 0 }), frame('ping', { opcode: 9 }), frame(text.slice(at), { opcode: 0 })]),
    );
  // The first of the reserved bits says that a message is compressed, which nobody agreed to.
  const compressed = events.map((text) => {
    const bytes = frame(text);
    bytes[0] = (bytes[0] ?? 0) | 0x40;
    return bytes;
  });
  const garbage = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes));
  const broken = fc.oneof(half, garbage).map((bytes): Frames => ({ bytes, isWhole: false }));
  const whole = fc.oneof(
    { weight: 6, arbitrary: packet.map((text) => frame(text)) },
    { weight: 6, arbitrary: events.map((text) => frame(text)) },
    { weight: 3, arbitrary: control },
    { weight: 2, arbitrary: fragments },
    { weight: 1, arbitrary: compressed },
    { weight: 2, arbitrary: junkFrame.map((content) => frame(content, { opcode: typeof content === 'string' ? 1 : 2 })) },
  );
  return fc.oneof({ weight: 9, arbitrary: whole.map((bytes): Frames => ({ bytes, isWhole: true })) }, { weight: 1, arbitrary: broken });
}

export function conversation(sessions: readonly string[]): fc.Arbitrary<Conversation> {
  const path = fc.oneof(
    { weight: 8, arbitrary: fc.constant(HANDSHAKE) },
    {
      weight: 2,
      arbitrary: fc
        .constantFrom(
          '&sid=x',
          '&sid=',
          '&sid=__proto__',
          '&%73id=x',
          '&EIO=3',
          '&transport=polling',
          '&b64=1',
          '&t=x',
          '#',
          '&__proto__=1',
        )
        .map((more) => HANDSHAKE + more),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom('/socket.io/', '/socket.io/?EIO=4', '/socket.io/?transport=websocket', '/socket.io', '/', '/v1/time'),
    },
  );
  const header = fc.constantFrom(
    'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
    'Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover, x-webkit-deflate-frame',
    'Sec-WebSocket-Protocol: graphql-ws',
    'Origin: null',
    'Authorization: Bearer x.y.z',
  );
  return fc
    .record({
      path,
      headers: fc.array(header, { maxLength: 2 }),
      connects: fc.boolean(),
      frames: fc.array(strangeFrame(sessions), { minLength: 1, maxLength: 8 }),
      cuts: fc.array(fc.nat(200), { maxLength: 6 }),
    })
    .map(({ path: asked, headers, connects, frames, cuts }) => ({
      path: asked,
      headers,
      connects,
      pieces: cutUp(Buffer.concat(frames.map(({ bytes }) => bytes)), cuts),
      isWhole: frames.every(({ isWhole }) => isWhole),
    }));
}

/** In one go, or in pieces that end in the middle of things. */
function cutUp(bytes: Buffer, cuts: number[]): Buffer[] {
  const places = [0, ...new Set(cuts.filter((at) => at < bytes.length)), bytes.length].toSorted((a, b) => a - b);
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

/**
 * What came of a conversation. `end`: `served` where it was answered afterwards, `closed`, or `refused` with the HTTP
 * answer.
 */
export interface Outcome {
  end: 'served' | 'closed' | 'refused';
  refusal: string;
  /** What the events were answered with. */
  replies: unknown[];
  /** CONNECTs that succeeded. */
  connected: number;
}

/** Leads a conversation. Rejects if it is neither ended nor answered. */
export async function converse(url: string, { path, headers, connects, pieces, isWhole }: Conversation): Promise<Outcome> {
  let socket: RawWebSocket;
  try {
    socket = await RawWebSocket.open(url, path, headers);
  } catch (error) {
    return { end: 'refused', refusal: String(error), replies: [], connected: 0 };
  }
  if (connects) socket.text('40');
  for (const piece of pieces) {
    socket.write(piece);
    await new Promise(setImmediate);
  }
  socket.text(`42${LAST_ID}["time:sync",{}]`);
  const begun = performance.now();
  const served = () => socket.texts.some((text) => text.startsWith(`43${LAST_ID}[`));
  while (!socket.closed && !served()) {
    const waited = performance.now() - begun;
    if (waited > DEADLINE_MS) throw new Error(`neither answered nor ended: ${Buffer.concat(pieces).toString('latin1').slice(0, 600)}`);
    // Half a frame takes the question for the rest of it.
    if (!isWhole && waited > HALF_PATIENCE_MS) socket.tcp.destroy();
    await wait(LOOK_EVERY_MS);
  }
  const replies = socket.texts.flatMap((text) => {
    const found = /^43\d+(\[.*\])$/s.exec(text)?.[1];
    return found === undefined ? [] : (JSON.parse(found) as unknown[]);
  });
  const connected = socket.texts.filter((text) => text.startsWith('40{')).length;
  const end = served() ? 'served' : 'closed';
  socket.tcp.destroy();
  return { end, refusal: '', replies, connected };
}
