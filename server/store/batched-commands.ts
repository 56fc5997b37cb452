import type { Socket } from 'node:net';
import { onStream } from '../internals/ioredis.ts';
import type { RedisClient } from './connection.ts';

/**
 * Sends the commands that many clients cause in one turn of the event loop with one system call instead of one each;
 * under load the calls took a quarter of an instance's time. As in Nagle's algorithm (RFC 896), a command waits only
 * while an answer is outstanding, and only until the sockets that are readable now have been read. The option
 * `enableAutoPipelining` of ioredis takes a fifth more CPU a command (docs/performance/switch.md).
 */
export function batchCommands(redis: RedisClient): void {
  onStream(redis, cork);
}

function cork(stream: Socket, isBusy: () => boolean): void {
  const write = stream.write.bind(stream) as (...chunk: unknown[]) => boolean;
  let corked = false;
  const uncork = () => {
    corked = false;
    stream.uncork();
  };
  stream.write = (...chunk: unknown[]) => {
    if (!corked && isBusy()) {
      corked = true;
      stream.cork();
      setImmediate(uncork);
    }
    return write(...chunk);
  };
}
