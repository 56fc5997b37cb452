/** Takes a game and its times along: as a table, as a picture, on paper. */
import type { SessionState, SyncKairosClient } from '@synckairos/client';
import { titleOf } from '../words.ts';
import { csvOf } from './csv.ts';
import { pictureOf } from './picture.ts';
import type { Turn } from './turns.ts';

/** The browser has begun to save a file by then, ms. */
const SAVED_MS = 10_000;

export function ExportButtons({ client, state, turns }: { client: SyncKairosClient; state: SessionState; turns: readonly Turn[] }) {
  const name = titleOf(state).replaceAll(/[^\p{L}\p{N}]+/gu, '-') || 'game';
  const savePicture = async (): Promise<void> => {
    const picture = await pictureOf(client, state, turns);
    if (picture !== null) save(picture, `${name}.png`);
  };
  return (
    <div className="steps exports" role="group" aria-label="Take along">
      {/* The mark tells spreadsheets that it is UTF-8. */}
      <button type="button" onClick={() => save(new Blob(['\ufeff', csvOf(state, turns)], { type: 'text/csv' }), `${name}.csv`)}>
        CSV
      </button>
      <button type="button" onClick={() => void savePicture()}>
        Picture
      </button>
      <button type="button" onClick={print}>
        Print
      </button>
    </div>
  );
}

function save(content: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), SAVED_MS);
}

/** On paper nothing can be opened. */
function print(): void {
  for (const table of document.querySelectorAll<HTMLDetailsElement>('.chart details')) table.open = true;
  globalThis.print();
}
