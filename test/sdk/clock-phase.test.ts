import { expect } from 'chai';
import type { ClockPhaseEvent, SessionState } from '../../client-sdk/src/index.ts';
import { phaseWatch } from '../../client-sdk/src/phase-watch.ts';
import { Match, unix } from '../timing/match.ts';
import { chess } from '../kit/games.ts';
import { until } from '../kit/until.ts';
import { Stage } from './kit.ts';

/** Time that the test moves, and the timers that it brings due, in order. */
class Timers {
  now = unix(0);
  #due: { at: number; run: () => void }[] = [];

  readonly clock = {
    monotonic: () => this.now,
    wall: () => this.now,
    timer: (run: () => void, ms: number) => {
      const entry = { at: this.now + ms, run };
      this.#due.push(entry);
      return () => void (this.#due = this.#due.filter((one) => one !== entry));
    },
  };

  passTo(ms: number): void {
    for (;;) {
      const [next] = this.#due.filter(({ at }) => at <= unix(ms)).toSorted((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.now = next.at;
      this.#due = this.#due.filter((one) => one !== next);
      next.run();
    }
    this.now = unix(ms);
  }

  get waiting(): number {
    return this.#due.length;
  }
}

describe('phases of the running clock', () => {
  const game = () =>
    Match.started({
      sync_mode: 'per_participant',
      participants: [{ participant_id: 'ann' }, { participant_id: 'bob' }],
      time_control: {
        stages: [
          { time_ms: 3_000, at_zero: 'next', delay_ms: 1_000 },
          { time_ms: 2_000, byoyomi: { period_ms: 500, periods: 2 } },
        ],
      },
    });

  function watch(timers: Timers) {
    const told: string[] = [];
    const tell = ({ participant_id, phase, stage, periods_left, server_time_ms }: ClockPhaseEvent) =>
      told.push(`${server_time_ms - unix(0)} ${participant_id} ${phase} ${stage} ${periods_left ?? '–'}`);
    let isKnown = true;
    const phases = phaseWatch({ clock: timers.clock, now: () => (isKnown ? timers.now : null), tell });
    const forget = (known: boolean) => (isKnown = known);
    return { told, phases, forget, follow: (state: SessionState | null) => phases.follow('match', state) };
  }

  it('J-150 clockPhase tells of the end of the delay, of each stage and of each period once, at its instant, and leaves no timer', () => {
    const timers = new Timers();
    const match = game();
    const { told, follow } = watch(timers);
    follow(match.state);
    timers.passTo(6_800);
    expect(told).to.deep.equal(['1000 ann main 0 –', '4000 ann main 1 2', '6000 ann period 1 2', '6500 ann period 1 1']);
    follow(match.pass(7_000).state);
    expect(timers.waiting).to.equal(0);
  });

  it('J-150 a switch, a pause and the beginning of a turn raise no clockPhase', () => {
    const timers = new Timers();
    const match = game();
    const { told, follow } = watch(timers);
    follow(match.state);
    timers.passTo(1_500);
    follow(match.switch(1_500).state);
    follow(match.play(1_700, { type: 'pause' }).state);
    timers.passTo(9_000);
    follow(match.play(9_000, { type: 'resume' }).state);
    timers.passTo(9_900);
    expect(told).to.deep.equal(['1000 ann main 0 –', '9800 bob main 0 –']);
    follow(null);
    expect(timers.waiting).to.equal(0);
  });

  it('J-151 phases that passed before the client came raise no clockPhase; those of a turn that it saw begin do', () => {
    const timers = new Timers();
    const match = game();
    const late = watch(timers);
    timers.passTo(2_000);
    late.follow(match.state);
    timers.passTo(2_500);
    expect(late.told).to.deep.equal([]);
    const state = match.switch(2_500).state;
    // The update was a second and a half on its way.
    timers.passTo(3_900);
    late.follow(state);
    expect(late.told).to.deep.equal(['3900 bob main 0 –']);
  });

  it('J-151 clockPhase is raised only when the server’s time is known, and goes by the better time when that is measured', () => {
    const timers = new Timers();
    const { told, phases, follow, forget } = watch(timers);
    forget(false);
    follow(game().state);
    expect(timers.waiting).to.equal(0);
    forget(true);
    phases.lookAgain();
    timers.passTo(1_200);
    expect(told).to.deep.equal(['1000 ann main 0 –']);
  });

  it('J-152 a client that listens to a session hears clockPhase', async () => {
    const stage = new Stage();
    try {
      const { url } = await stage.instance();
      const client = stage.client(url);
      const told: ClockPhaseEvent[] = [];
      client.on('clockPhase', (event) => told.push(event));
      const participants = [{ participant_id: 'ann' }, { participant_id: 'bob' }];
      const { session_id } = await client.createSession(
        chess({ participants, time_control: { stages: [{ time_ms: 60_000, delay_ms: 300 }] } }),
      );
      await client.syncServerTime();
      await client.startSession(session_id);
      await until('the end of the delay', async () => told.length > 0);
      expect(told[0]).to.deep.include({ session_id, participant_id: 'ann', group_id: null, phase: 'main', stage: 0 });
    } finally {
      await stage.close();
    }
  });
});
