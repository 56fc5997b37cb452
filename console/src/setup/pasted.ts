/** A list that was copied from somewhere: names, `title, minutes`, or the first two columns of a table. */

export interface PastedLine {
  name: string;
  /** As it was written; empty for none. */
  time: string;
}

/** So many characters of a name are taken, as many as a name may have. */
const LONGEST = 100;

/** The lines of a list that are not empty. Commas, semicolons or tabs part columns; quotes keep them together. */
export function parseList(text: string): PastedLine[] {
  const lines: PastedLine[] = [];
  for (const line of text.split(/\r?\n/)) {
    const [name = '', time = ''] = columnsOf(line);
    if (name !== '') lines.push({ name: name.slice(0, LONGEST), time });
  }
  return lines;
}

/** The columns of a line of CSV (RFC 4180), without the space around them. */
function columnsOf(line: string): string[] {
  const columns: string[] = [];
  for (const [, quoted, plain = ''] of line.matchAll(/(?:^|[,;\t])\s*(?:"((?:[^"]|"")*)"\s*(?=$|[,;\t])|([^,;\t]*))/g)) {
    columns.push((quoted?.replaceAll('""', '"') ?? plain).trim());
  }
  return columns;
}
