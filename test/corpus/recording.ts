/** Where the corpus is kept: a hash of each sequence, and the text of some. */
import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Sequences are numbered from 1, as the lines of the file of hashes are. */
export const SEQUENCES = 10_000;
/** Half of the cores, so that a run of all tests has the others for files that look at a clock. */
const PLAYERS = Math.max(1, Math.floor(availableParallelism() / 2));
/** Sequences that a process plays at a time. */
const BATCH = 50;
const DIRECTORY = new URL('recorded/', import.meta.url);
export const HASHES = new URL('hashes.txt', DIRECTORY);

/** The hash under which a sequence is kept: enough of SHA-256 that no change goes unnoticed. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** A text with each participant on a line of its own. */
export function legible(text: string): string {
  return text.replaceAll('},{"participant_id"', '},\n  {"participant_id"').replaceAll('"participants":[{', '"participants":[\n  {');
}

/** The recorded hashes; that of sequence n is at n - 1. */
export function recordedHashes(): string[] {
  return readFileSync(HASHES, 'utf8').trimEnd().split('\n');
}

/** Where the text of a sequence is kept, if it is. */
export function fileOf(number: number): URL {
  return new URL(`${String(number).padStart(5, '0')}.txt`, DIRECTORY);
}

/** The sequences whose texts are kept. */
export function recordedTexts(): number[] {
  const names = readdirSync(DIRECTORY).filter((name) => /^\d+\.txt$/.test(name));
  return names.map((name) => Number.parseInt(name, 10)).toSorted((a, b) => a - b);
}

/** Processes that play sequences; to be closed once. */
export class Players {
  readonly #players = Array.from({ length: PLAYERS }, () => fork(new URL('player-process.ts', import.meta.url)));

  /** The hashes of sequences, in their order. */
  async hashes(numbers: readonly number[]): Promise<string[]> {
    const batches = Array.from({ length: Math.ceil(numbers.length / BATCH) }, (_, n) => numbers.slice(n * BATCH, (n + 1) * BATCH));
    const hashes: string[][] = [];
    const queue = batches.entries();
    const drain = async (player: ChildProcess) => {
      for (const [place, batch] of queue) hashes[place] = await ask(player, batch);
    };
    await Promise.all(this.#players.map(drain));
    return hashes.flat();
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#players.map(async (player) => {
        if (player.exitCode === null && player.kill()) await once(player, 'exit');
      }),
    );
  }
}

async function ask(player: ChildProcess, batch: readonly number[]): Promise<string[]> {
  const over = new AbortController();
  const { signal } = over;
  const died = once(player, 'exit', { signal }).then(() => {
    throw new Error('a process that plays sequences has ended');
  });
  player.send(batch);
  try {
    const [hashes] = (await Promise.race([once(player, 'message', { signal }), died])) as [string[]];
    return hashes;
  } finally {
    died.catch(() => {});
    over.abort();
  }
}
