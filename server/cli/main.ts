#!/usr/bin/env -S node --max-semi-space-size=32
/** The program `synckairos`: the server, its tools, and commands on sessions. */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { SyncKairosError } from '#client';
import { ConfigError } from '../config.ts';
import { SERVER_VERSION } from '../package-root.ts';
import { doctor } from './doctor.ts';
import { isSessionVerb, onSession } from './sessions.ts';
import { UsageError } from './usage.ts';
import { HELP } from './words.ts';

const DATA = 'synckairos-data';
const [DONE, NOT_DONE, WRONG_USE] = [0, 1, 2];

/** The programs that run by being loaded; each reads its own arguments and ends the process itself. */
const PROGRAMS: Record<string, () => Promise<unknown>> = {
  server: () => import('../main.ts'),
  worker: () => import('../worker.ts'),
  migrate: () => import('../audit/migrate-cli.ts'),
  audit: () => import('../audit/cli.ts'),
  start: () => import('../local/start.ts'),
};

/** Runs a command. Returns the exit code; undefined where a program that was loaded decides it. */
async function main([verb, ...args]: string[]): Promise<number | undefined> {
  if (verb === 'verify') return run('audit', ['verify', ...args]);
  // `start` with a session starts that; a server of its own has a folder, which is a path, or nothing.
  if (verb === 'start' && (args[0] === undefined || /[./\\]/.test(args[0]))) return run('start', [path.resolve(args[0] ?? DATA)]);
  if (verb !== undefined && verb !== 'start' && PROGRAMS[verb]) return run(verb, args);
  const { values, positionals } = parse(args);
  if (values.version) return print(SERVER_VERSION);
  if (verb === undefined || values.help || ['help', '--help', '-h'].includes(verb)) return print(HELP);
  if (verb === '--version') return print(SERVER_VERSION);
  const url = values.url ?? process.env['SYNCKAIROS_URL'] ?? 'http://127.0.0.1:3000';
  const token = values.token ?? process.env['SYNCKAIROS_TOKEN'];
  const json = values.json ?? false;
  if (verb === 'doctor') return (await doctor({ env: process.env, url, token, json, say: print })) ? DONE : NOT_DONE;
  if (!isSessionVerb(verb)) throw new UsageError(`There is no command ${verb}; synckairos --help lists them`);
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const redraw = process.stdout.isTTY ? (line: string): void => void process.stdout.write(`\r\x1B[K${line}`) : undefined;
  await onSession(verb, positionals, { url, token, json, say: print, redraw, signal: stop.signal });
  return DONE;
}

function run(program: string, args: string[]): undefined {
  process.argv.splice(2, Infinity, ...args);
  PROGRAMS[program]?.().catch(failed);
}

function parse(args: string[]) {
  const options = {
    json: { type: 'boolean' },
    url: { type: 'string' },
    token: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
    version: { type: 'boolean' },
  } as const;
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function print(line: string): number {
  process.stdout.write(`${process.stdout.isTTY ? '\r\x1B[K' : ''}${line}\n`);
  return DONE;
}

/** Says in one line what went wrong, and ends. Anything that is not meant for the user is a fault of the program. */
function failed(error: unknown): void {
  const isForUser =
    error instanceof UsageError || error instanceof ConfigError || error instanceof SyncKairosError || error instanceof TypeError;
  const said = SyncKairosError.is(error) ? `${error.code}: ${error.message}` : (error as Error).message;
  process.stderr.write(`${isForUser ? said : (error as Error).stack}\n`);
  process.exitCode = error instanceof UsageError ? WRONG_USE : NOT_DONE;
}

try {
  const code = await main(process.argv.slice(2));
  if (code !== undefined) process.exitCode = code;
} catch (error) {
  failed(error);
}
