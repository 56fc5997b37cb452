import { type CommandName, type ErrorCode, type Failure, ID_PATTERN, type Reply, type Success } from '#contract';
import { type Refusal, refuse } from '../domain/refusal.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Principal } from './access/principal.ts';
import type { Answer } from './answers.ts';
import { type Call, type CommandPorts, type CommandTable, createCommands } from './commands.ts';
import { COMMAND_NAMES, isCommand, parse } from './parse.ts';
import { failure, refusalOf } from './replies.ts';

/** Outcomes that an operator has to look into. */
const FAILURES: readonly ErrorCode[] = ['SERVICE_UNAVAILABLE', 'INTERNAL_ERROR', 'STATE_DESERIALIZATION_ERROR'];

/** A command as a transport received it. */
export interface Request extends Call {
  name: unknown;
  payload: unknown;
  /** Who sends it; undefined with AUTH_MODE=none or without a token. */
  principal: Principal | undefined;
  /** What the logs should name: the request or the socket. */
  ids: Record<string, string>;
}

/** The way of both transports into the engine: schema, role, command, one reply. Never throws. */
export class CommandHandler {
  readonly #commands: CommandTable;
  readonly #ports: CommandPorts;
  readonly #metrics: Metrics;
  readonly #logger: Logger;
  #open = true;
  #inHand = 0;
  #idle: (() => void) | undefined;

  constructor(ports: CommandPorts, logger: Logger) {
    this.#ports = ports;
    this.#commands = createCommands(ports);
    this.#metrics = ports.metrics;
    this.#logger = logger;
    // A counter that first appears with its first error shows no increase, so those that alerts watch start at 0.
    for (const command of COMMAND_NAMES) for (const outcome of FAILURES) ports.metrics.commands.inc({ command, outcome }, 0);
  }

  /** Answers a command with the contract's reply, whatever happens. */
  async handle(request: Request): Promise<Reply<unknown>> {
    this.#inHand += 1;
    try {
      const answer = await this.#answer(request);
      const took = this.#ports.clock.now() - request.arrival;
      // Counted after the reply.
      setImmediate(() => this.#measure(request, answer, took));
      return answer.ok ? this.#success(answer) : this.refuse(answer);
    } finally {
      this.#inHand -= 1;
      if (this.#inHand === 0) this.#idle?.();
    }
  }

  /** The reply for a refusal that a transport found by itself. */
  refuse(refusal: Refusal): Failure {
    return failure(refusal, this.#serverTime());
  }

  /** Refuses further commands; resolves when the running ones are answered. */
  async close(): Promise<void> {
    this.#open = false;
    if (this.#inHand > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
  }

  async #answer(request: Request): Promise<Answer> {
    const { name } = request;
    if (!this.#open) return refuse('SERVICE_UNAVAILABLE', 'This instance is shutting down; connect again');
    if (!isCommand(name)) return refuse('UNKNOWN_COMMAND', 'No such command');
    try {
      return await this.#run(name, request);
    } catch (error) {
      return refusalOf(error, this.#logger, { ...request.ids, session: sessionIn(request.payload), command: name });
    }
  }

  /** Not async, because the caller awaits the result anyway: one promise less for each switch. */
  #run<Name extends CommandName>(name: Name, request: Request): Answer | Promise<Answer> {
    const parsed = parse(name, request.payload);
    if (!parsed.ok) return parsed;
    const { access } = this.#ports;
    if (access !== undefined) {
      const permit = access.permit(name, parsed.value, request.principal);
      if ('ok' in permit) return permit;
      request.permit = permit;
    }
    return this.#commands[name](parsed.value, request);
  }

  /** Counts a command. `took`: from its arrival to its answer, ms. */
  #measure(request: Request, answer: Answer, took: number): void {
    // Names come from clients, so only names of the contract become labels.
    const command = isCommand(request.name) ? request.name : 'unknown';
    const outcome = answer.ok ? (answer.appliedVersion === undefined ? 'ok' : 'replayed') : answer.code;
    this.#metrics.commands.inc({ command, outcome });
    if (this.#logger.isLevelEnabled('debug')) {
      this.#logger.debug(
        { ...request.ids, session: sessionIn(request.payload), command, outcome, took_ms: Math.round(took * 10) / 10 },
        'command',
      );
    }
    this.#metrics.commandDuration.observe({ command }, took);
    if (command === 'session:switch' && outcome === 'ok') this.#metrics.switchDuration.observe(took);
  }

  #success(answer: Extract<Answer, { ok: true }>): Success<unknown> {
    const reply: Success<unknown> = { ok: true, data: answer.data, server_time_ms: this.#serverTime() };
    if (answer.notices !== undefined) reply.notices = answer.notices;
    return answer.appliedVersion === undefined ? reply : { ...reply, replayed: true, applied_version: answer.appliedVersion };
  }

  #serverTime(): number {
    return Math.floor(this.#ports.clock.now());
  }
}

/** The session that a payload names; undefined if it names none. */
export function sessionIn(payload: unknown): string | undefined {
  const named: unknown = typeof payload === 'object' && payload !== null && 'session_id' in payload ? payload.session_id : undefined;
  return typeof named === 'string' && ID_PATTERN.test(named) ? named : undefined;
}
