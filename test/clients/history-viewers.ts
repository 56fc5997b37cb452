/**
 * Ten viewers who read a history page by page, over and over, each from an address of its own, until this process is
 * killed. Arguments: the instance's address, the session, what pages tell of states.
 */
const VIEWERS = 10;
const [url = '', session = '', snapshots = 'all'] = process.argv.slice(2);

async function view(viewer: number): Promise<never> {
  // Each begins somewhere else.
  const first = viewer * 9_000;
  for (let after = first; ;) {
    const page = `${url}/v1/sessions/${session}/events?limit=1000&snapshots=${snapshots}&after_version=${after}`;
    const response = await fetch(page, { headers: { 'x-forwarded-for': `10.0.0.${viewer + 1}` } });
    const text = await response.text();
    // The pages are not parsed, since this process shares the machine with what is measured.
    const next = Number(/"next_after_version":(\d+)\}/.exec(text.slice(-200))?.[1] ?? after);
    after = response.ok && next === after ? first : next;
  }
}

await Promise.all(Array.from({ length: VIEWERS }, (_, viewer) => view(viewer)));
