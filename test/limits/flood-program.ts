import { WebSocket } from 'ws';

/**
 * One client at full speed: `flood-program.ts <url>` sends commands as fast as its connection takes them until it is
 * killed.
 */
const [url = ''] = process.argv.slice(2);
const UNSENT_MAX_BYTES = 1_000_000;

const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
let id = 0;
const flood = () => {
  for (let sent = 0; sent < 200 && socket.bufferedAmount < UNSENT_MAX_BYTES; sent++)
    socket.send(`42${id++}["session:get",{"session_id":"nobody"}]`);
  setImmediate(flood);
};
socket.on('message', (data: Buffer) => {
  const text = data.toString();
  if (text === '2') socket.send('3');
  if (text.startsWith('0{')) socket.send('40');
  if (text.startsWith('40')) flood();
});
