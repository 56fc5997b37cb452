/** Takes a list of names, or of items with their times, in place of the rows. */
import { useState } from 'react';
import { TextArea } from './fields.tsx';
import { type PastedLine, parseList } from './pasted.ts';

interface PasteListProps {
  /** An example of what may be pasted, a line for each. */
  example: string;
  onTake: (lines: PastedLine[]) => void;
}

export function PasteList({ example, onTake }: PasteListProps) {
  const [text, setText] = useState<string | null>(null);
  if (text === null) {
    return (
      <button type="button" className="more" onClick={() => setText('')}>
        Paste a list
      </button>
    );
  }
  const lines = parseList(text);
  const take = (): void => {
    onTake(lines);
    setText(null);
  };
  return (
    <div className="paste">
      <TextArea label="One a line, a time behind a comma" value={text} placeholder={example} fault={undefined} onChange={setText} />
      <button
        type="button"
        className="add"
        aria-disabled={lines.length === 0}
        onClick={() => (lines.length === 0 ? setText(null) : take())}
      >
        {lines.length === 0 ? 'Never mind' : `Take ${lines.length}`}
      </button>
    </div>
  );
}
