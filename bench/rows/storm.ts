import { bounded, compare, noted, type Plan, takeTurns } from '../kit/compare.ts';
import { openCounter } from '../kit/counter.ts';
import { Crowd } from '../kit/crowd.ts';
import { connectClient, within } from '../kit/player.ts';
import type { Row } from '../kit/row.ts';
import { Seeder } from '../kit/seeding.ts';
import type { Side } from '../kit/stage.ts';
import { costOf, profiled } from '../kit/usage.ts';

const FULL = { rounds: 5, turns: 1, clients: 8_000, sessions: 1_000 };
const SMOKE = { rounds: 2, turns: 1, clients: 200, sessions: 25 };
const BANK_MS = 86_400_000;
const TURN_DEADLINE_MS = 120_000;

interface Turn {
  seconds: number;
  programUs: number;
  redisUs: number;
  /** How many statements on the trail PostgreSQL received meanwhile. */
  asked: number;
}

/**
 * All clients come back at once, as after a cut of the network, and each joins its session; the control's only connect.
 */
export const stormRow: Row = {
  name: 'storm',
  title: 'Reconnect storm over two instances: connect and join against a bare connect',
  async run(stage, { smoke, progress, profile }) {
    const { clients, sessions, ...plan }: Plan & typeof FULL = smoke ? SMOKE : FULL;
    const database = await openCounter((await stage.postgres()).url);
    stage.onClose(() => database.close());
    const variables = { DATABASE_URL: database.url };
    const first = await stage.service(variables);
    const programs = {
      service: [first, await stage.service(variables)],
      control: [await stage.switchControl(), await stage.switchControl()],
    };
    const socket = await connectClient(first.url);
    const seeder = new Seeder(first.url, [socket]);
    stage.onClose(async () => {
      socket.close();
      seeder.close();
    });
    const states = await seeder.seed('bench-storm', sessions, () => BANK_MS);
    const join = states.map(({ session_id }) => session_id);
    const crowd = await Crowd.open(stage);
    // Check that the counter counts: an id that Redis does not know is looked up in the trail.
    const idle = database.asked;
    await fetch(`${first.url}/v1/sessions/bench-nowhere`);
    if (database.asked === idle) throw new Error('reads of PostgreSQL are not counted');

    const storm = async (side: Side): Promise<Turn> => {
      const urls = programs[side].map(({ url }) => url);
      const asked = database.asked;
      const work = () => crowd.gather(side, urls, clients, side === 'service' ? join : []);
      const { result: seconds, ...cost } = await within(TURN_DEADLINE_MS, 'a storm', costOf(stage, programs[side], work));
      const turn = { seconds, ...cost, asked: database.asked - asked };
      await within(TURN_DEADLINE_MS, 'leaving', crowd.leave());
      return turn;
    };
    progress('warming up');
    for (const side of ['service', 'control'] as const) await storm(side);
    const rounds = await profiled(first, profile, () => takeTurns<Turn>(plan, storm, progress));
    const sum = (turns: Turn[], of: (turn: Turn) => number) => turns.reduce((total, turn) => total + of(turn), 0);
    const each = (of: (turn: Turn) => number) => (turns: Turn[]) => sum(turns, of) / (turns.length * clients);
    const asked = sum(
      rounds.flatMap(({ service }) => service),
      (turn) => turn.asked,
    );
    return [
      compare('clients there', 'clients/s', rounds, (turns) => 1 / each(({ seconds }) => seconds)(turns), {
        ratio: 0.8,
        sense: 'at least',
      }),
      compare(
        'CPU of the processes',
        'µs a client',
        rounds,
        each(({ programUs }) => programUs),
      ),
      compare(
        'CPU of Redis',
        'µs a client',
        rounds,
        each(({ redisUs }) => redisUs),
      ),
      bounded(noted('reads of PostgreSQL', '', asked), 0),
    ];
  },
};
