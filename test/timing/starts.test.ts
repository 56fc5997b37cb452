import { expect } from 'chai';
import { isMoving, predictStart, readClock } from '#clock';
import { type CreatePayload, SYNC_MODES } from '#contract';
import { catchUp } from '../../server/domain/catch-up.ts';
import { create } from '../../server/domain/create.ts';
import { cutByClose } from '../../server/domain/notices.ts';
import type { Outage } from '../../server/domain/outage.ts';
import { type RecordedEvent, replay } from '../../server/domain/replay.ts';
import { checkReplay } from './laws.ts';
import { at, DAY, faultOf, Match, MINUTE, SECOND, unix } from './match.ts';
import { VALID } from './payloads.ts';

/** A game of five minutes each that begins at a quarter past nine. */
const START = 15 * MINUTE;
const evening = (change: Partial<CreatePayload> = {}) =>
  new Match({
    sync_mode: 'per_participant',
    participants: [
      { participant_id: 'white', total_time_ms: 5 * MINUTE },
      { participant_id: 'black', total_time_ms: 5 * MINUTE },
    ],
    starts_at: at(START),
    ...change,
  });

/** What becomes of a game that nobody touches until an instant, with an outage in between. */
const untouched = (outage_policy: 'charge' | 'credit' | 'pause', outage: Outage, until: number) => [
  ...catchUp(evening({ outage_policy }).state, unix(until), [outage]),
];

describe('a start at an instant', () => {
  it('ST-1 the state has starts_at only where a start was planned', () => {
    expect(evening().state).to.include({ status: 'pending', starts_at: at(START), deadline_at: null, session_started_at: null });
    expect(evening({ starts_at: undefined }).state).not.to.have.property('starts_at');
  });

  for (const [what, starts_at, isRefused] of [
    ['the instant of the create', at(0), true],
    ['a millisecond later', at(1), false],
    ['400 days later', at(400 * DAY), false],
    ['a millisecond more than that', at(400 * DAY + 1), true],
  ] as const) {
    it(`ST-1 a start at ${what} is ${isRefused ? 'a VALIDATION_ERROR that names starts_at' : 'planned'}`, () => {
      const created = create({ sync_mode: 'count_up', session_id: 'race', starts_at }, unix(0));
      if (created.ok) expect([isRefused, created.event.state.starts_at]).to.deep.equal([false, starts_at]);
      else expect([isRefused, faultOf(created)]).to.deep.equal([true, 'starts_at: out_of_range']);
      const scheduled = () => new Match({ sync_mode: 'count_up' }).refusal(0, { type: 'schedule', starts_at });
      if (isRefused) expect(faultOf(scheduled())).to.equal('starts_at: out_of_range');
      else expect(scheduled).to.throw('schedule was not refused');
    });
  }

  for (const sync_mode of SYNC_MODES) {
    it(`ST-2 in ${sync_mode} a session starts by itself as a command at that instant would start it, and the event says that it was planned`, () => {
      const game = { ...VALID[sync_mode], sync_mode };
      const planned = new Match({ ...game, starts_at: at(START) }).pass(START + 7);
      const { state: started, last } = new Match(game).play(START, { type: 'start' });
      expect(planned.events).to.have.length(2);
      expect(planned.last).to.deep.include({ event_type: 'session_started', at: unix(START), metadata: { scheduled: true } });
      expect(planned.state).to.deep.equal({ ...started, starts_at: at(START) });
      expect(last.metadata).to.deep.equal({});
    });
  }

  it('ST-2 1 ms before the instant the session has not started, and commands until then find it pending', () => {
    expect(evening().pass(START - 1).state.status).to.equal('pending');
    expect(evening().refusal(START - 1, { type: 'switch' }).details).to.include({ status: 'pending' });
    expect(evening().switch(START).state).to.include({ version: 3, active_participant_id: 'black', cycle_count: 1 });
    expect(evening().refusal(START, { type: 'start' }).details).to.include({ status: 'running' });
  });

  it('ST-2 clocks that ran out since the start expire as of their own deadlines, however late the start is noticed', () => {
    const game = evening().pass(DAY);
    expect(game.events.map((event) => [event.event_type, event.at])).to.deep.equal([
      ['session_created', unix(0)],
      ['session_started', unix(START)],
      ['participant_expired', unix(START + 5 * MINUTE)],
    ]);
  });

  it('ST-2 a concurrent session starts all clocks that wait, and each is read as running before the server has said so', () => {
    const game = evening({ concurrent: true }).pass(START - 1);
    const pending = game.state;
    game.pass(START);
    expect(game.last).to.deep.include({ event_type: 'session_started', at: unix(START), metadata: { scheduled: true } });
    expect(predictStart(pending, unix(START + 9))).to.deep.equal({ ...game.state, version: 1 });
    for (const participant_id of ['white', 'black']) {
      expect(game.who(participant_id)).to.include({
        clock_status: 'running',
        cycle_started_at: at(START),
        deadline_at: at(START + 5 * MINUTE),
      });
      expect(readClock(pending, { participant_id }, unix(START + 7))).to.include({ left_ms: 5 * MINUTE - 7, rate: -1 });
    }
    expect(evening({ concurrent: true }).play(MINUTE, { type: 'schedule' }).pass(DAY).state).to.include({
      status: 'pending',
      starts_at: null,
    });
  });

  it('ST-1 a start lies before the closing of a concurrent session, whichever of them is told later', () => {
    const closing = { concurrent: true, closes_at: at(START) };
    const created = create(
      { ...VALID.per_participant, ...closing, sync_mode: 'per_participant', session_id: 'exam', starts_at: at(START) },
      unix(0),
    );
    expect(created.ok ? '' : faultOf(created)).to.equal('closes_at: too_small');
    const exam = evening({ ...closing, starts_at: undefined });
    expect(faultOf(exam.refusal(MINUTE, { type: 'schedule', starts_at: at(START) }))).to.equal('starts_at: out_of_range');
    exam.play(MINUTE, { type: 'schedule', starts_at: at(START - 1) }).pass(START - 1);
    expect(exam.last.event_type).to.equal('session_started');
    expect(exam.pass(START).state).to.include({ status: 'expired', updated_at: at(START) });
  });

  it('ST-3 session:schedule moves the start of a pending session or takes it away, each by a version', () => {
    const game = evening().play(MINUTE, { type: 'schedule', starts_at: at(START + MINUTE) });
    expect(game.last).to.deep.include({
      event_type: 'session_scheduled',
      at: unix(MINUTE),
      time_elapsed_ms: 0,
      metadata: { starts_at: at(START + MINUTE) },
    });
    expect(game.pass(START).state).to.include({ status: 'pending', version: 2, starts_at: at(START + MINUTE), updated_at: at(MINUTE) });
    game.play(START, { type: 'schedule' });
    expect(game.last.metadata).to.deep.equal({ starts_at: null });
    expect(game.pass(DAY).state).to.include({ status: 'pending', version: 3, starts_at: null });
    game.play(DAY, { type: 'schedule', starts_at: at(DAY + 1) });
    expect(game.pass(DAY + 1).state).to.include({ status: 'running', session_started_at: at(DAY + 1) });
  });

  it('ST-3 session:schedule is refused once the session has started', () => {
    const refusal = evening().refusal(START, { type: 'schedule', starts_at: at(DAY) });
    expect(refusal).to.include({ code: 'INVALID_STATE_TRANSITION', message: 'Cannot schedule: session is running' });
    expect(refusal.details).to.deep.equal({ status: 'running', command: 'schedule' });
  });

  it('ST-4 a start by command before the instant starts the session at once, and the planned start has no effect any more', () => {
    const game = evening().play(MINUTE, { type: 'start', active_participant_id: 'black' });
    expect(game.last.metadata).to.deep.equal({});
    expect(game.state).to.include({ status: 'running', starts_at: at(START), session_started_at: at(MINUTE) });
    expect(game.pass(MINUTE + 5 * MINUTE - 1).state.version).to.equal(2);
    expect(
      evening()
        .play(MINUTE, { type: 'start' })
        .play(2 * MINUTE, { type: 'pause' })
        .pass(DAY).state.status,
    ).to.equal('paused');
  });

  for (const end of ['cancel', 'complete', 'delete'] as const) {
    it(`ST-4 a ${end} before the instant leaves nothing that could start`, () => {
      expect(evening().play(START - 1, { type: end }).state.version).to.equal(2);
      if (end !== 'delete')
        expect(
          evening()
            .play(START - 1, { type: end })
            .pass(DAY).events,
        ).to.have.length(2);
    });
  }

  it('ST-4 an adjustment before the instant counts, and moves nothing', () => {
    const game = evening().play(MINUTE, { type: 'adjust', participant_id: 'white', delta_ms: -MINUTE }).pass(START);
    expect(game.state).to.include({ session_started_at: at(START), deadline_at: at(START + 4 * MINUTE) });
  });

  const exam = () => evening({ concurrent: true, starts_at: undefined, closes_at: at(START) });

  it('ST-8 schedule moves the closing of all clocks, or of one, while a concurrent session waits, runs and is paused', () => {
    const hall = exam()
      .play(0, { type: 'start' })
      .play(MINUTE, { type: 'schedule', closes_at: at(4 * MINUTE) });
    expect(hall.last).to.deep.include({ event_type: 'session_scheduled', participant_id: null, metadata: { closes_at: at(4 * MINUTE) } });
    expect(hall.state).to.include({ closes_at: at(4 * MINUTE), deadline_at: at(4 * MINUTE) });
    expect(hall.who('white')).to.include({ deadline_at: at(4 * MINUTE), cycle_started_at: at(0), time_used_ms: 0 });
    hall.play(2 * MINUTE, { type: 'pause' }).play(3 * MINUTE, { type: 'schedule', closes_at: at(9 * MINUTE), participant_id: 'black' });
    expect(hall.who('black')).to.include({ closes_at: at(9 * MINUTE), deadline_at: null, clock_status: 'running' });
    hall.play(3 * MINUTE, { type: 'resume' });
    expect(hall.who('black').deadline_at).to.equal(at(6 * MINUTE));
    expect(hall.pass(4 * MINUTE).who('white')).to.include({ clock_status: 'expired', expired_at: at(4 * MINUTE) });
    expect(hall.pass(6 * MINUTE).state).to.include({ status: 'expired', updated_at: at(6 * MINUTE) });
    expect(
      exam()
        .play(MINUTE, { type: 'schedule', closes_at: at(2 * MINUTE) })
        .pass(2 * MINUTE).state.status,
    ).to.equal('cancelled');
  });

  it('ST-8 what contradicts a closing is refused by its field', () => {
    const faults = (match: Match, scheduling: object) => faultOf(match.refusal(MINUTE, { type: 'schedule', ...scheduling }));
    expect(faults(exam(), { closes_at: at(MINUTE) })).to.equal('closes_at: out_of_range');
    expect(faults(exam(), { participant_id: 'white' })).to.equal('participant_id: unsupported');
    expect(faults(evening(), { closes_at: at(DAY) })).to.equal('closes_at: unsupported');
    const planned = exam().play(0, { type: 'schedule', starts_at: at(START - MINUTE) });
    expect(faults(planned, { closes_at: at(START - MINUTE), participant_id: 'black' })).to.equal('closes_at: out_of_range');
    expect(planned.refusal(MINUTE, { type: 'schedule', closes_at: at(DAY), participant_id: 'eve' }).code).to.equal('PARTICIPANT_NOT_FOUND');
    const own = exam()
      .play(0, { type: 'schedule', closes_at: at(DAY), participant_id: 'white' })
      .play(0, { type: 'schedule', closes_at: at(DAY), participant_id: 'black' });
    // That of the session counts too, although both have their own.
    expect(faults(own, { starts_at: at(START) })).to.equal('starts_at: out_of_range');
    const running = exam().play(0, { type: 'start' });
    expect(running.refusal(MINUTE, { type: 'schedule', starts_at: at(START) }).code).to.equal('INVALID_STATE_TRANSITION');
    running.play(2 * MINUTE, { type: 'complete' });
    for (const participant_id of [undefined, 'white']) {
      const { details } = running.refusal(DAY, { type: 'schedule', closes_at: at(2 * DAY), participant_id });
      expect(details).to.deep.equal({ status: 'completed', command: 'schedule' });
    }
  });

  it('ST-8 the notice of a closing counts what it cuts off from the planned start', () => {
    const cut = (match: Match) => cutByClose(match.state).map(({ participant_id, lost_ms }) => [participant_id, lost_ms]);
    expect(cut(exam())).to.deep.equal([]);
    const planned = exam().play(MINUTE, { type: 'schedule', starts_at: at(START - 2 * MINUTE) });
    expect(cut(planned)).to.deep.equal([
      ['white', 3 * MINUTE],
      ['black', 3 * MINUTE],
    ]);
    planned.play(2 * MINUTE, { type: 'schedule', closes_at: at(START + 3 * MINUTE), participant_id: 'black' });
    expect(cut(planned)).to.deep.equal([['white', 3 * MINUTE]]);
  });

  const outage = { from: unix(START - MINUTE), to: unix(START + MINUTE) };

  it('ST-5 after an outage over the instant clocks have run since the instant with charge', () => {
    const events = untouched('charge', outage, START + 2 * MINUTE);
    expect(events.map((event) => event.event_type)).to.deep.equal(['session_started']);
    expect(events[0]?.state).to.include({ updated_at: at(START), deadline_at: at(START + 5 * MINUTE) });
  });

  it('ST-5 with credit the start is recorded as of its instant, and clocks run from the end of the outage', () => {
    const events = untouched('credit', outage, START + 2 * MINUTE);
    expect(events.map((event) => [event.event_type, event.at])).to.deep.equal([
      ['session_started', unix(START)],
      ['session_credited', unix(START + MINUTE)],
    ]);
    expect(events[1]?.metadata['credited_ms']).to.equal(MINUTE);
    expect(events[1]?.state).to.include({ cycle_started_at: at(START + MINUTE), deadline_at: at(START + 6 * MINUTE) });
  });

  it('ST-5 with pause the session is started and paused at its instant', () => {
    const events = untouched('pause', outage, START + 2 * MINUTE);
    expect(events.map((event) => [event.event_type, event.at])).to.deep.equal([
      ['session_started', unix(START)],
      ['session_paused', unix(START)],
    ]);
    expect(events[1]?.state).to.include({ status: 'paused', cycle_time_used_ms: 0 });
    expect(events[1]?.metadata['reason']).to.equal('outage');
  });

  for (const outage_policy of ['credit', 'pause'] as const) {
    it(`ST-5 with ${outage_policy} an outage that ends at the instant of the start, or before it, changes nothing`, () => {
      for (const to of [START, START - 1]) {
        const events = untouched(outage_policy, { from: unix(0), to: unix(to) }, START + MINUTE);
        expect(events.map((event) => event.event_type)).to.deep.equal(['session_started']);
      }
    });
  }

  it('ST-6 from the instant on the clocks of the pending session are read as running, to the millisecond', () => {
    const { state } = evening();
    const shown = (ms: number, participant_id: string) => readClock(state, { participant_id }, unix(ms));
    expect(shown(START - 1, 'white')).to.include({ left_ms: 5 * MINUTE, rate: 0, next_change_in_ms: null });
    expect(shown(START, 'white')).to.include({ left_ms: 5 * MINUTE, rate: -1 });
    expect(shown(START + 1, 'white')).to.include({ left_ms: 5 * MINUTE - 1, rate: -1 });
    expect(shown(START + 1, 'black')).to.include({ left_ms: 5 * MINUTE, rate: 0 });
    expect(evening().left(START + 5 * MINUTE + SECOND)).to.equal(0);
    expect(isMoving(state, 'session')).to.equal(false);
  });

  it('ST-7 a trail in which closings were moved is played again', () => {
    const hall = exam()
      .play(0, { type: 'schedule', starts_at: at(MINUTE), closes_at: at(START) })
      .pass(MINUTE);
    hall.play(2 * MINUTE, { type: 'schedule', closes_at: at(3 * MINUTE), participant_id: 'white' }).pass(DAY);
    checkReplay(hall.events);
  });

  it('ST-2 a programme starts with its first item, and is shown so before the server has said so', () => {
    const talk = new Match({
      sync_mode: 'per_cycle',
      time_per_cycle_ms: MINUTE,
      items: [{}, { title: 'Questions' }],
      starts_at: at(START),
    });
    const pending = talk.state;
    talk.pass(START);
    expect(talk.state.items?.map(({ status, started_at }) => [status, started_at])).to.deep.equal([
      ['running', at(START)],
      ['waiting', null],
    ]);
    expect(predictStart(pending, unix(START + 1))).to.deep.equal({ ...talk.state, version: 1 });
    checkReplay(talk.events);
  });

  it('ST-7 a trail with planned starts verifies, and one in which a session started at another instant does not', () => {
    const game = evening()
      .play(MINUTE, { type: 'schedule', starts_at: at(START + 1) })
      .pass(START + 1);
    let before = null as Match['state'] | null;
    const recordedOf = ({ state, at: instant, expired: _expired, ...row }: Match['last']): RecordedEvent => {
      const { session_id, epoch, version } = state;
      return { ...row, session_id, epoch, version, timestamp: new Date(instant).toISOString(), state_snapshot: state, rules: 2 };
    };
    for (const event of game.events) {
      const { state, problem } = replay(before, recordedOf(event));
      expect(problem).to.equal(null);
      before = state;
    }
    const pending = game.events[1]?.state ?? null;
    const late = { ...recordedOf(game.last), timestamp: at(START + 2), state_snapshot: null };
    expect(replay(pending, { ...late, state_snapshot: { ...game.state, cycle_started_at: at(START + 2) } }).problem).to.equal(
      'has a snapshot to which the rules do not lead',
    );
    const unplanned = new Match({ sync_mode: 'count_up' }).state;
    expect(replay(unplanned, recordedOf(game.last)).problem).to.equal('could not have happened: no start was planned');
  });
});
