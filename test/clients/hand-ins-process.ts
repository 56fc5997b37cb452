/** Students of one exam, each with a light client of their own, in a process of its own (hand-ins.ts). */
import { constants, setPriority } from 'node:os';
import type { Reply } from '#contract';
import { Fortunes, LightClient } from './light-client.ts';

/** Students `from` to `from + count - 1` come to an instance. */
export interface SeatsOrder {
  url: string;
  session: string;
  from: number;
  count: number;
}

/** All of them hand in, each at an instant of their own within so many ms. */
export interface HandInOrder {
  withinMs: number;
}

export interface HandInReport {
  accepted: number;
  /** Refusals by their code. */
  refused: Record<string, number>;
  /** How long each waited for an answer, ms. */
  took: number[];
}

// A thousand devices share the cores with the server here. What they need must not be taken for the server's time.
setPriority(constants.priority.PRIORITY_LOW);

let clients: LightClient[] = [];
let first = 0;

process.on('message', (order: SeatsOrder | HandInOrder | 'known') => {
  if (order === 'known') process.send?.(clients.map(({ known }) => known?.version ?? 0));
  else void ('url' in order ? enter(order) : handIn(order)).then((report) => process.send?.(report));
});
process.on('disconnect', () => process.exit(0));

async function enter({ url, session, from, count }: SeatsOrder): Promise<string> {
  const fortunes = new Fortunes();
  first = from;
  clients = Array.from({ length: count }, () => new LightClient(session, 2, () => fortunes));
  for (const client of clients) await client.enter(url);
  return 'seated';
}

async function handIn({ withinMs }: HandInOrder): Promise<HandInReport> {
  const report: HandInReport = { accepted: 0, refused: {}, took: [] };
  const each = clients.map(async (client, n) => {
    await new Promise((resolve) => setTimeout(resolve, (withinMs * n) / clients.length));
    const begun = performance.now();
    const reply: Reply<unknown> = await client.command('session:finish', { participant_id: `s${first + n}`, answer: n });
    report.took.push(performance.now() - begun);
    if (reply.ok) report.accepted += 1;
    else report.refused[reply.error.code] = (report.refused[reply.error.code] ?? 0) + 1;
  });
  await Promise.all(each);
  return report;
}
