import { expect } from 'chai';
import type { HistoryEvent } from '#contract';
import { chess } from '../kit/games.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import type { TestClient } from '../kit/socket-client.ts';
import { entriesOf, historyIn } from '../kit/stored.ts';

const CLIENTS = 20;
const CYCLES = 2;
const CYCLE_MS = 1_000;

describe('twenty clients switching at once around deadlines', () => {
  let cluster: Cluster;
  let clients: TestClient[];

  before(async () => {
    cluster = await openCluster({ AUDIT_WORKER: 'off' });
    const instances = [await cluster.instance(), await cluster.instance()];
    clients = await Promise.all(Array.from({ length: CLIENTS }, (_, n) => cluster.client(instances[n % 2] ?? (instances[0] as never))));
  });
  after(() => cluster.close());

  const first = () => clients[0] as TestClient;
  const trailOf = async (session: string): Promise<HistoryEvent[]> => {
    return historyIn(await entriesOf(cluster.redis(), cluster.settings.KEY_PREFIX, session));
  };
  const reached = (instant: number) => new Promise<void>((resolve) => setTimeout(resolve, Math.max(0, instant - Date.now())));

  for (const [what, guard] of [
    ['unguarded', false],
    ['guarded by whom they think is active', true],
  ] as const) {
    it(`E-18 ${what}: acknowledged switches without expired_participant_id are the cycle_switched events, and nothing is lost or done twice`, async () => {
      const participants = Array.from({ length: 4 }, (_, n) => ({ participant_id: `p${n}` }));
      const game = chess({
        sync_mode: 'per_cycle',
        time_per_cycle_ms: CYCLE_MS,
        auto_advance: true,
        warning_thresholds_ms: [],
        participants,
      });
      const { session_id } = game;
      await first().ok('session:create', game);
      let state = await first().ok('session:start', { session_id });
      const tally = { switched: 0, expired: 0, conflicts: 0 };

      for (let cycle = 0; cycle < CYCLES; cycle++) {
        // Twenty switches a burst, sent from 15 ms before the deadline until 25 ms after it: before, in the grace, and
        // behind it.
        const deadline = Date.parse(state.deadline_at ?? '');
        const replies = await Promise.all(
          clients.map(async (client, n) => {
            await reached(deadline - 15 + 2 * n);
            const current = guard ? { current_participant_id: state.active_participant_id ?? '' } : {};
            return client.command('session:switch', { session_id, ...current });
          }),
        );
        for (const reply of replies) {
          if (!reply.ok) {
            expect(reply.error.code).to.equal(guard ? 'NOT_ACTIVE_PARTICIPANT' : 'CONFLICT');
            tally.conflicts += 1;
          } else if ('expired_participant_id' in reply.data) tally.expired += 1;
          else tally.switched += 1;
        }
        state = await first().ok('session:get', { session_id });
      }
      await first().ok('session:complete', { session_id });

      const trail = await trailOf(session_id);
      const count = (type: string) => trail.filter((event) => event.event_type === type).length;
      expect(tally.switched + tally.expired + tally.conflicts).to.equal(CLIENTS * CYCLES);
      expect(tally.switched, JSON.stringify(tally)).to.equal(count('cycle_switched'));
      expect(trail.map((event) => event.version)).to.deep.equal(trail.map((_, n) => n + 1));
      // No time is lost or invented: every millisecond from the start to the end was charged to somebody, once.
      const charged = trail.reduce((sum, event) => sum + (event.time_elapsed_ms ?? 0), 0);
      expect(charged).to.equal(Date.parse(trail.at(-1)?.timestamp ?? '') - Date.parse(trail[1]?.timestamp ?? ''));
    });
  }
});
