import type { Socket } from 'node:net';

interface Private {
  _httpMessage?: { headersSent: boolean } | null;
}

/**
 * Whether an answer has begun on a connection of Node's HTTP server. Reads `_httpMessage` of the socket, where Node
 * keeps the present answer.
 */
export function hasBegunToAnswer(socket: Socket): boolean {
  return (socket as Private)._httpMessage?.headersSent === true;
}
