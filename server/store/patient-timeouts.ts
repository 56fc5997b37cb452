import type { Socket } from 'node:net';
import { Command, Redis } from 'ioredis';
import { FIRST_PART, patientTimeout } from '../util/patient-timeout.ts';

/** How long a command may take, ms. */
export const COMMAND_TIMEOUT_MS = 1_000;

/** The parts of a command that its types keep to itself. It clears the timer when it is settled. */
interface CommandInternals {
  _commandTimeoutTimer?: NodeJS.Timeout;
  isSettled: boolean;
  reject(error: Error): void;
}

/** The parts of a connection that its types keep to itself. */
interface RedisInternals {
  options: { socketTimeout?: number };
  stream: Socket;
  /** What was sent and is not answered. */
  commandQueue: { length: number };
  socketTimeoutTimer?: NodeJS.Timeout | undefined;
  setSocketTimeout(): void;
}

/**
 * Replaces the library's two time-outs (options `commandTimeout` and `socketTimeout`) by patient ones: an instance that was busy must not take its own lateness
 * for trouble of Redis. For all connections of the process, since those of a cluster's nodes are made by the library.
 */
export function usePatientTimeouts(): void {
  // Node keeps a list of timers for each duration, and drops it with its last timer. This one keeps the list of the
  // commands' timers, which would otherwise be made and dropped with each command that is alone.
  setInterval(() => {}, COMMAND_TIMEOUT_MS * FIRST_PART).unref();

  const command = Command.prototype as unknown as CommandInternals & { setTimeout(ms: number): void };
  command.setTimeout = function (ms) {
    if (this._commandTimeoutTimer !== undefined) return;
    patientTimeout(
      ms,
      (timer) => (this._commandTimeoutTimer = timer),
      () => {
        if (!this.isSettled) this.reject(new Error('Command timed out'));
      },
    );
  };

  const connection = Redis.prototype as unknown as RedisInternals;
  connection.setSocketTimeout = function () {
    const { stream, options } = this;
    const ms = options.socketTimeout ?? 0;
    let latest: NodeJS.Timeout | undefined;
    patientTimeout(
      ms,
      (timer) => (this.socketTimeoutTimer = latest = timer),
      () => {
        // Something was read in the last turn, or the connection was lost and another one has a timer of its own.
        if (this.socketTimeoutTimer !== latest) return;
        this.socketTimeoutTimer = undefined;
        stream.destroy(new Error(`no answer on a connection within ${ms} ms`));
      },
    );
    // After the listener that reads replies, so that the queue is as long as it is now.
    stream.once('data', () => {
      clearTimeout(this.socketTimeoutTimer);
      this.socketTimeoutTimer = undefined;
      if (this.commandQueue.length > 0) this.setSocketTimeout();
    });
  };
}
