/**
 * A crowd of clients in a process of its own, so that what they need of the CPU is not taken for the server's. Told
 * what to do by crowd.ts.
 */
import { Barrier, Fortunes, LightClient } from './light-client.ts';
import type { CrowdOrder, CrowdReport } from './crowd.ts';

let clients: LightClient[] = [];
let fortunes = new Fortunes();

async function follow({ url, sessions, spreadMs, deltas = false, together = false }: CrowdOrder): Promise<CrowdReport> {
  fortunes = new Fortunes();
  for (const client of clients) client.drop();
  const begun = performance.now();
  clients = sessions?.map((session) => new LightClient(session, deltas, () => fortunes)) ?? clients;
  const barrier = together ? new Barrier(clients.length) : undefined;
  await Promise.all(clients.map((client) => client.enter(url, Math.random() * spreadMs, barrier)));
  const { took, refused, failed } = fortunes;
  return { tookMs: performance.now() - begun, took, refused, failed };
}

process.on('message', (order: CrowdOrder | 'known' | 'leave') => {
  if (order === 'known') {
    process.send?.(clients.map(({ session, known }) => [session, known?.version ?? 0]));
  } else if (order === 'leave') {
    for (const client of clients) client.drop();
    process.send?.(clients.length);
  } else {
    void follow(order).then((report) => process.send?.(report));
  }
});
process.on('disconnect', () => process.exit(0));
