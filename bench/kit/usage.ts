import type { Program } from './program.ts';
import type { Stage } from './stage.ts';

/** What a stretch of work cost, microseconds of CPU. */
export interface Cost {
  programUs: number;
  redisUs: number;
}

/** Runs some work and returns the CPU that Redis and the programs used meanwhile. */
export async function costOf<Result>(stage: Stage, programs: Program[], work: () => Promise<Result>): Promise<Cost & { result: Result }> {
  const read = async () => {
    const [redisUs, ...usages] = await Promise.all([stage.redisCpuUs(), ...programs.map((program) => program.usage())]);
    return { redisUs, programUs: usages.reduce((sum, usage) => sum + usage.cpuUs, 0) };
  };
  const before = await read();
  const result = await work();
  const after = await read();
  return { result, programUs: after.programUs - before.programUs, redisUs: after.redisUs - before.redisUs };
}

/** Resident memory of programs together, MiB. */
export async function memoryOf(programs: Program[]): Promise<number> {
  const usages = await Promise.all(programs.map((program) => program.usage()));
  return usages.reduce((sum, usage) => sum + usage.rssBytes, 0) / 2 ** 20;
}

/** Profiles one program during some work, if a file is named. */
export async function profiled<Result>(program: Program, file: string | undefined, work: () => Promise<Result>): Promise<Result> {
  if (file === undefined) return work();
  await program.ask('start-profile', null);
  const result = await work();
  await program.ask('stop-profile', file);
  return result;
}
