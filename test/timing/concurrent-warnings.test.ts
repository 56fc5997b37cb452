import { expect } from 'chai';
import type { CreatePayload } from '#contract';
import { crossings, nextCrossing, warnedUntil } from '../../server/domain/clock-warnings.ts';
import { Match, MINUTE, SECOND, unix } from './match.ts';

const task = (change: Partial<CreatePayload> = {}) =>
  Match.started({
    sync_mode: 'per_participant',
    concurrent: true,
    warning_thresholds_ms: [10 * SECOND],
    participants: [
      { participant_id: 'ann', total_time_ms: MINUTE },
      { participant_id: 'ben', total_time_ms: MINUTE },
      { participant_id: 'cem', total_time_ms: 5 * SECOND },
    ],
    ...change,
  });
/** What is crossed between two instants: who, which threshold, when. */
const crossed = ({ state }: Match, from: number, until: number) =>
  crossings(state, unix(from), unix(until)).map(({ participant_ids, threshold_ms, threshold_percent, at }) => [
    participant_ids.join(' '),
    threshold_percent === undefined ? threshold_ms : `${threshold_percent} %`,
    at - unix(0),
  ]);

describe('concurrent clocks: warnings', () => {
  it('CC-50 every running clock crosses its own thresholds, those below what it had when it began to run', () => {
    const { state } = task();
    expect(crossed(task(), -1, 50 * SECOND - 1)).to.deep.equal([]);
    expect(crossed(task(), -1, 50 * SECOND)).to.deep.equal([['ann ben', 10 * SECOND, 50 * SECOND]]);
    expect(crossed(task(), 50 * SECOND, MINUTE)).to.deep.equal([]);
    expect(nextCrossing(state, -Infinity)).to.equal(unix(50 * SECOND));
    expect(nextCrossing(state, unix(50 * SECOND))).to.equal(null);
  });

  it('CC-51 thresholds in per cent are of what each clock was given, adjustments included', () => {
    const hall = task({ warning_thresholds_ms: [], warning_thresholds_percent: [50, 10] });
    expect(crossed(hall, -1, MINUTE)).to.deep.equal([
      ['cem', '50 %', 2_500],
      ['cem', '10 %', 4_500],
      ['ann ben', '50 %', 30 * SECOND],
      ['ann ben', '10 %', 54 * SECOND],
    ]);
    hall.play(SECOND, { type: 'adjust', participant_id: 'ann', delta_ms: MINUTE });
    expect(crossed(hall, 5 * SECOND, 2 * MINUTE).filter(([who]) => who === 'ann')).to.deep.equal([
      ['ann', '50 %', MINUTE],
      ['ann', '10 %', 108 * SECOND],
    ]);
  });

  it('CC-52 a pause and a resume cross no threshold again; after an adjustment that lifts a clock above one it does', () => {
    const hall = task()
      .play(55 * SECOND, { type: 'pause' })
      .play(MINUTE, { type: 'resume' });
    expect(crossed(hall, 50 * SECOND, 2 * MINUTE)).to.deep.equal([]);
    hall.play(MINUTE + 1, { type: 'adjust', participant_id: 'ben', delta_ms: 10 * SECOND });
    expect(crossed(hall, 50 * SECOND, 2 * MINUTE)).to.deep.equal([['ben', 10 * SECOND, 65 * SECOND]]);
  });

  it('CC-53 a clock that a credited outage moves back crosses no threshold a second time', () => {
    const hall = task({ outage_policy: 'credit' });
    hall.outages.push({ from: unix(55 * SECOND), to: unix(65 * SECOND) });
    hall.pass(66 * SECOND);
    expect(crossed(hall, 50 * SECOND, 66 * SECOND)).to.deep.equal([['ann ben', 10 * SECOND, MINUTE]]);
    const until = warnedUntil([unix(50 * SECOND)], { event_type: 'session_credited', at: unix(65 * SECOND) });
    expect(crossings(hall.state, until, unix(66 * SECOND))).to.deep.equal([]);
    expect(warnedUntil([], { event_type: 'session_started', at: 0 })).to.equal(-Infinity);
  });
});
