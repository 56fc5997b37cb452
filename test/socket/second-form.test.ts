import { expect } from 'chai';
import { applyChanges } from '#clock';
import type { ChangesEvent, CreatePayload, SessionState, TimeControl, UpdateEvent } from '#contract';
import { canTellChanges, changesBetween } from '../../server/domain/changes.ts';
import type { TimerCommand } from '../../server/domain/decide.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import { until } from '../kit/until.ts';
import { Match, SECOND } from '../timing/match.ts';

const SEATS = 12;
const seats = (more: object = {}) => Array.from({ length: SEATS }, (_, n) => ({ participant_id: `p${n}`, ...more }));
const teams = Array.from({ length: SEATS }, (_, n) => ({ participant_id: `p${n}`, group_id: `team-${n % 3}` }));
const TRIES: TimeControl[] = [
  { stages: [{ time_ms: 2 * SECOND, byoyomi: { period_ms: SECOND, periods: 3 } }] },
  {
    stages: [
      { time_ms: 2 * SECOND, turns: 1, increment_ms: SECOND },
      { time_ms: SECOND, canadian: { block_ms: SECOND, turns: 2 } },
    ],
  },
  { stages: [{ time_ms: 60 * SECOND }], hourglass: true },
];
const ITEMS = [
  { item_id: 'a', title: 'A', time_ms: 3 * SECOND, participant_id: 'p1', auto_advance: true },
  { item_id: 'b', time_ms: 4 * SECOND },
  { item_id: 'c', time_ms: 5 * SECOND, metadata: { room: 1 } },
];
const PROGRAMME: CreatePayload = { sync_mode: 'per_cycle', participants: seats(), items: ITEMS, rounds: 2 };
const GAMES: CreatePayload[] = [
  ...TRIES.map((time_control): CreatePayload => ({ sync_mode: 'per_participant', participants: seats(), time_control })),
  { sync_mode: 'per_group', participants: teams, time_control: { stages: [{ time_ms: 5 * SECOND, delay_ms: SECOND }] }, undo_depth: 2 },
  PROGRAMME,
  { ...PROGRAMME, undo_depth: 3 },
  { ...PROGRAMME, items: ITEMS.map(({ participant_id: _who, ...item }) => item), concurrent: true },
];
const COMMANDS: TimerCommand[] = [
  { type: 'switch' },
  { type: 'switch', next_item_id: 'a' },
  { type: 'pause' },
  { type: 'resume' },
  { type: 'undo' },
  { type: 'adjust', delta_ms: SECOND, participant_id: 'p3' },
  { type: 'switch' },
  { type: 'finish', participant_id: 'p4', answer: 1 },
  { type: 'edit', items: [ITEMS[0] ?? {}, { item_id: 'b', time_ms: 9 * SECOND, title: 'B' }, { item_id: 'c', time_ms: 2 * SECOND }] },
  { type: 'edit', items: [...ITEMS, { item_id: 'd', time_ms: SECOND }] },
  { type: 'switch' },
  { type: 'complete' },
];

describe('changes of sessions with time controls or a programme', () => {
  let cluster: Cluster;
  before(async () => (cluster = await openCluster()));
  after(() => cluster.close());

  it('CC-81 changes of large sessions with time controls or a programme lead from each state to the next', () => {
    let [told, whole] = [0, 0];
    for (const game of GAMES) {
      const match = Match.started(game);
      let known = match.state;
      const look = () => {
        if (match.state === known) return;
        if (canTellChanges(known, match.state)) {
          told += 1;
          const changes = changesBetween(structuredClone(known), match.state);
          expect(applyChanges(known, JSON.parse(JSON.stringify(changes)) as typeof changes)).to.deep.equal(match.state);
        } else whole += 1;
        known = match.state;
      };
      for (const [n, command] of COMMANDS.entries()) {
        match.pass((n + 1) * 700);
        look();
        try {
          match.play((n + 1) * 700, command);
        } catch {
          continue;
        }
        look();
      }
    }
    expect(told).to.be.at.least(40);
    expect(whole, 'an edit that adds an item').to.be.at.least(1);
  });

  it('CC-82 such a session is told as changes to a socket that joined with deltas: 2, and as whole states to others', async () => {
    const [a, b] = [await cluster.instance(), await cluster.instance()];
    const host = await cluster.client(a);
    const slow = { ...PROGRAMME, items: ITEMS.map(({ item_id, participant_id }) => ({ item_id, participant_id, time_ms: 600_000 })) };
    for (const given of [slow, ...GAMES.slice(2, 3)]) {
      const { session_id } = await host.ok('session:create', given);
      const heard = await Promise.all(
        ([2, true, false] as const).map(async (deltas) => {
          const client = await cluster.client(b);
          const events: (UpdateEvent | ChangesEvent)[] = [];
          client.socket.on('session:update', (event: UpdateEvent | ChangesEvent) => events.push(event));
          const { state } = await client.ok('session:join', { session_id, deltas });
          return { deltas, events, state };
        }),
      );
      for (const command of ['start', 'switch', 'pause', 'resume', 'switch'] as const) await host.ok(`session:${command}`, { session_id });
      const last = await host.ok('session:get', { session_id });
      for (const { deltas, events, state } of heard) {
        await until('the last update', async () => events.at(-1)?.version === last.version);
        const led = events.reduce<SessionState>(
          (known, event) => ('state' in event ? event.state : applyChanges(known, event.changes)),
          state,
        );
        expect(led, `deltas: ${String(deltas)}`).to.deep.equal(last);
        expect(events.every((event) => 'state' in event !== (deltas === 2))).to.equal(true);
      }
    }
  });
});
