import { execFile } from 'node:child_process';
import { arch, cpus, loadavg, release, totalmem, type } from 'node:os';
import { promisify } from 'node:util';
import { findRedisServer } from '../../server/local/private-redis.ts';

const run = promisify(execFile);

/** What absolute figures depend on. */
export interface MachineFacts {
  cpu: string;
  cores: number;
  memory_gib: number;
  system: string;
  node: string;
  redis: string;
  /** Load average of the last minute when the run began. */
  load_before: number;
  commit: string;
  changed_files: number;
}

export async function machineFacts(): Promise<MachineFacts> {
  const redis = await run(await findRedisServer(), ['--version']);
  const git = async (...args: string[]) =>
    run('git', args).then(
      ({ stdout }) => stdout.trim(),
      () => '',
    );
  const changed = await git('status', '--porcelain', '--', 'server', 'client-sdk/src/contract');
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memory_gib: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()} ${arch()}`,
    node: process.version,
    redis: /\bv=([\d.]+)/.exec(redis.stdout)?.[1] ?? 'unknown',
    load_before: loadavg()[0] ?? 0,
    commit: await git('rev-parse', '--short', 'HEAD'),
    changed_files: changed === '' ? 0 : changed.split('\n').length,
  };
}
