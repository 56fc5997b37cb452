import type { Socket } from 'node:net';
import { type Cluster, Command, Redis } from 'ioredis';

/** Calls `giveUp` after `ms`, unless the timer that it last gave to `keep` is cleared. */
type Timeout = (ms: number, keep: (timer: NodeJS.Timeout) => void, giveUp: () => void) => void;

interface PrivateCommand {
  _commandTimeoutTimer?: NodeJS.Timeout;
  isSettled: boolean;
  reject(error: Error): void;
  setTimeout(ms: number): void;
}

interface PrivateRedis {
  options: { socketTimeout?: number };
  stream: Socket;
  commandQueue: { length: number };
  socketTimeoutTimer?: NodeJS.Timeout | undefined;
  setSocketTimeout(): void;
}

/**
 * Replaces the timers of the options `commandTimeout` and `socketTimeout` of ioredis 6.0.0 for all connections of the
 * process, since the library itself opens those to the nodes of a cluster. Replaces the private methods
 * `Command.prototype.setTimeout` and `Redis.prototype.setSocketTimeout`, sets the timers that the library clears
 * (`_commandTimeoutTimer` and `socketTimeoutTimer`), and reads `isSettled`, `stream` and `commandQueue`.
 */
export function replaceTimeouts(timeout: Timeout): void {
  const command = Command.prototype as unknown as PrivateCommand;
  command.setTimeout = function (ms) {
    if (this._commandTimeoutTimer !== undefined) return;
    timeout(
      ms,
      (timer) => (this._commandTimeoutTimer = timer),
      () => {
        if (!this.isSettled) this.reject(new Error('Command timed out'));
      },
    );
  };

  const connection = Redis.prototype as unknown as PrivateRedis;
  connection.setSocketTimeout = function () {
    const { stream, options } = this;
    const ms = options.socketTimeout ?? 0;
    let latest: NodeJS.Timeout | undefined;
    timeout(
      ms,
      (timer) => (this.socketTimeoutTimer = latest = timer),
      () => {
        // Something was read in the last turn, or the connection was lost and the next one has its own timer.
        if (this.socketTimeoutTimer !== latest) return;
        this.socketTimeoutTimer = undefined;
        stream.destroy(new Error(`no answer on a connection within ${ms} ms`));
      },
    );
    // Runs after the listener that reads replies, so that the queue no longer has the answered commands.
    stream.once('data', () => {
      clearTimeout(this.socketTimeoutTimer);
      this.socketTimeoutTimer = undefined;
      if (this.commandQueue.length > 0) this.setSocketTimeout();
    });
  };
}

/**
 * Calls `attach` with each stream that a connection opens, now and later; for a cluster with the streams of its nodes.
 * `isBusy` tells whether answers are outstanding. Reads the private `commandQueue`.
 */
export function onStream(redis: Redis | Cluster, attach: (stream: Socket, isBusy: () => boolean) => void): void {
  if (redis.isCluster) {
    const cluster = redis as Cluster;
    for (const node of cluster.nodes()) onStream(node, attach);
    cluster.on('+node', (node: Redis) => onStream(node, attach));
    return;
  }
  const inside = redis as unknown as PrivateRedis;
  const attachStream = () => attach(inside.stream, () => inside.commandQueue.length > 0);
  if (redis.status === 'connect' || redis.status === 'ready') attachStream();
  redis.on('connect', attachStream);
}
