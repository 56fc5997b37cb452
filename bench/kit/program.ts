import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { freePort } from '../../server/local/free-port.ts';
import type { Answer } from '../programs/answers.ts';
import type { Usage } from '../programs/probe.ts';

const START_DEADLINE_MS = 20_000;
const STOP_DEADLINE_MS = 5_000;
const ANSWER_DEADLINE_MS = 120_000;
const POLL_MS = 25;

export interface ProgramOptions {
  /** Compiled. */
  file: string;
  probe: string;
  flags: string[];
  env: Record<string, string>;
  /** Whether to wait until its port answers that it is ready; else a running process is enough. */
  ready: boolean;
  /** Called as soon as the process exists, so that it is always ended. */
  began: (program: Program) => void;
}

/** A measured process: the service or a control, with the probe loaded. */
export class Program {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #questions = 0;

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once('exit', () => resolve()));
    child.on('message', (message) => this.#waiting.get((message as Answer).id)?.(message as Answer));
  }

  /**
   * Starts a compiled program on a free port of 127.0.0.1 and waits until it answers there or, if it need not be ready,
   * over its channel.
   */
  static async start({ file, probe, flags, env, ready, began }: ProgramOptions): Promise<Program> {
    const port = await freePort();
    const child = spawn(process.execPath, [...flags, '--import', pathToFileURL(probe).href, file], {
      env: { PATH: process.env['PATH'] ?? '', HOST: '127.0.0.1', PORT: String(port), ...env },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const program = new Program(`http://127.0.0.1:${port}`, child);
    began(program);
    await (ready ? program.#ready() : program.usage());
    return program;
  }

  async usage(): Promise<Usage> {
    return this.ask<Usage>('usage', null);
  }

  /** Asks the process something; rejects when it ends or does not answer within two minutes. */
  async ask<Value>(ask: string, payload: unknown): Promise<Value> {
    const id = ++this.#questions;
    const late = new AbortController();
    try {
      return await new Promise<Value>((resolve, reject) => {
        this.#waiting.set(id, ({ value, error }) => (error === undefined ? resolve(value as Value) : reject(new Error(error))));
        void this.#ended.then(() => reject(new Error('a measured process ended')));
        wait(ANSWER_DEADLINE_MS, undefined, { signal: late.signal }).then(
          () => reject(new Error(`no answer to ${ask}`)),
          () => {},
        );
        this.#child.send({ id, ask, payload });
      });
    } finally {
      late.abort();
      this.#waiting.delete(id);
    }
  }

  /** Asks it to end, and kills it after 5 s. Safe to call twice. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGTERM');
    const force = setTimeout(() => this.#child.kill('SIGKILL'), STOP_DEADLINE_MS);
    await this.#ended;
    clearTimeout(force);
  }

  async isReady(): Promise<boolean> {
    const response = await fetch(`${this.url}/ready`).catch(() => undefined);
    await response?.arrayBuffer();
    return response?.ok === true;
  }

  async #ready(): Promise<void> {
    const end = performance.now() + START_DEADLINE_MS;
    while (!(await this.isReady())) {
      if (this.#child.exitCode !== null) throw new Error('a measured process ended while it started');
      if (performance.now() > end) throw new Error('a measured process did not start');
      await wait(POLL_MS);
    }
  }
}
