/** Records the corpus, or shows a sequence: see README.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { play } from './play.ts';
import { fileOf, HASHES, legible, Players, recordedTexts, SEQUENCES } from './recording.ts';

const { values } = parseArgs({ options: { out: { type: 'string' }, only: { type: 'string' }, accept: { type: 'boolean' } } });

if (values.only !== undefined) {
  const numbers = values.only.split(',').map(Number);
  const texts: string[] = [];
  for (const number of numbers) texts.push(legible(await play(number)));
  if (values.out === undefined) process.stdout.write(texts.join('\n'));
  else writeFileSync(values.out, texts.join('\n'));
} else if (values.out !== undefined || values.accept === true) {
  const players = new Players();
  const hashes = await players.hashes(Array.from({ length: SEQUENCES }, (_, index) => index + 1));
  await players.close();
  writeFileSync(values.out ?? HASHES, `${hashes.join('\n')}\n`);
  for (const number of values.out === undefined ? recordedTexts() : []) {
    const text = legible(await play(number));
    if (readFileSync(fileOf(number), 'utf8') !== text) writeFileSync(fileOf(number), text);
  }
} else {
  console.error('record.ts --out FILE | --only N[,N…] [--out FILE] | --accept');
  process.exitCode = 2;
}
