/** Plays the sequences that its parent names, and answers with their hashes. */
import { play } from './play.ts';
import { hashOf } from './recording.ts';

process.on('message', (numbers: number[]) => void answer(numbers));

async function answer(numbers: number[]): Promise<void> {
  const hashes: string[] = [];
  for (const number of numbers) hashes.push(hashOf(await play(number)));
  process.send?.(hashes);
}
