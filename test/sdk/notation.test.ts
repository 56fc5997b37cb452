import { expect } from 'chai';
import fc from 'fast-check';
import type { Stage, TimeControl } from '#contract';
import { formatTimeControl, parseTimeControl } from '../../client-sdk/src/index.ts';

const one = (stage: Stage): TimeControl => ({ stages: [stage] });
const MINUTE = 60_000;
const HOUR = 3_600_000;

/** What PGN, its extensions and SGF write, in seconds. */
const SECONDS: readonly [text: string, control: TimeControl][] = [
  ['300', one({ time_ms: 300_000 })],
  ['300+3', one({ time_ms: 300_000, increment_ms: 3_000 })],
  ['0.5+0.1', one({ time_ms: 500, increment_ms: 100 })],
  ['40/9000', { stages: [{ time_ms: 9_000_000, turns: 40 }], repeat_last: true }],
  [
    '40/7200:20/3600:900+30',
    {
      stages: [
        { time_ms: 7_200_000, turns: 40 },
        { time_ms: 3_600_000, turns: 20 },
        { time_ms: 900_000, increment_ms: 30_000 },
      ],
    },
  ],
  ['7200:1800', { stages: [{ time_ms: 7_200_000, at_zero: 'next' }, { time_ms: 1_800_000 }] }],
  ['*180', { stages: [{ time_ms: 180_000 }], hourglass: true }],
  ['300d5', one({ time_ms: 300_000, delay_ms: 5_000 })],
  ['300b5', one({ time_ms: 300_000, delay_ms: 5_000, delay_type: 'bronstein' })],
  ['0d10', one({ time_ms: 0, delay_ms: 10_000 })],
  ['15+5/10d20', one({ time_ms: 15_000, increment_ms: 5_000, increment_every: 10, delay_ms: 20_000 })],
  ['180+2 max 300', one({ time_ms: 180_000, increment_ms: 2_000, max_time_ms: 300_000 })],
  ['600 5x30 byo-yomi', one({ time_ms: 600_000, byoyomi: { period_ms: 30_000, periods: 5 } })],
  ['600 15/300 canadian', one({ time_ms: 600_000, canadian: { block_ms: 300_000, turns: 15 } })],
  ['600+2 15/300 canadian', one({ time_ms: 600_000, increment_ms: 2_000, canadian: { block_ms: 300_000, turns: 15 } })],
];

/** What players say, in minutes. */
const MINUTES: readonly [text: string, control: TimeControl][] = [
  ['5+3', one({ time_ms: 300_000, increment_ms: 3_000 })],
  ['90+30', one({ time_ms: 90 * MINUTE, increment_ms: 30_000 })],
  [
    '40/2h:20/1h:15+30',
    {
      stages: [
        { time_ms: 2 * HOUR, turns: 40 },
        { time_ms: HOUR, turns: 20 },
        { time_ms: 15 * MINUTE, increment_ms: 30_000 },
      ],
    },
  ],
  ['5 d5', one({ time_ms: 300_000, delay_ms: 5_000 })],
  ['5 b5', one({ time_ms: 300_000, delay_ms: 5_000, delay_type: 'bronstein' })],
  ['15s+5/10 d20', one({ time_ms: 15_000, increment_ms: 5_000, increment_every: 10, delay_ms: 20_000 })],
  ['10 5x30 byo-yomi', one({ time_ms: 600_000, byoyomi: { period_ms: 30_000, periods: 5 } })],
  ['10 15/5 canadian', one({ time_ms: 600_000, canadian: { block_ms: 300_000, turns: 15 } })],
  ['*10', { stages: [{ time_ms: 600_000 }], hourglass: true }],
];

/** Other spellings, which are read only, and what is written for them in minutes. */
const SPELLINGS: readonly [text: string, normal: string][] = [
  [' 5 + 3 ', '5+3'],
  ['5min + 3s', '5+3'],
  ['90m+30', '90+30'],
  ['60', '1h'],
  ['1.5', '90s'],
  ['3 days', '72h'],
  ['G/60;d5', '1h d5'],
  ['G/90;+30', '90+30'],
  ['40/90 : SD/30', '40/90:30'],
  ['5D5', '5 d5'],
  ['10 + 5×30', '10 5x30 byo-yomi'],
  ['10 5 x 30s Byoyomi', '10 5x30 byo-yomi'],
  ['10 + 15/5 min Canadian', '10 15/5 canadian'],
  ['3+2 max 5', '3+2 max 5'],
];

const FAULTS: readonly [text: string, where: RegExp][] = [
  ['', /at its end: a time is missing/],
  ['?', /at character 1, “\?”: a time is missing/],
  ['-', /at character 1, “-”: a time is missing/],
  ['soon', /at character 1, “soon”/],
  ['300+', /at its end: the increment is missing/],
  ['300 q5', /at character 5, “q5”: this is not understood/],
  ['40/', /at its end: a time is missing/],
  ['40/7200:', /at its end: a time is missing/],
  ['0/7200', /at character 2, “\/7200”: this is not understood/],
  ['300d', /at its end: the delay is missing/],
  ['300 5x', /at its end: the length of a period is missing/],
  ['300 15/300', /at character 5, “15\/300”: this is not understood/],
  ['300+3+4', /at character 6, “\+4”: a stage has this only once/],
  ['300d3b4', /at character 6, “b4”: a stage has this only once/],
  ['300+3b4', /at character 6, “b4”: .*one of increment and Bronstein/],
  ['300 max 400 max 500', /at character 13, “max 500”: a stage has this only once/],
  ['300b4 5x30 byo-yomi', /at character 7, “5x30 byo-yomi”/],
  ['300 5x30 byo-yomi:300', /no stage follows one with periods or a block/],
  ['*180+3', /at character 5, “\+3”: an hourglass has nothing but its time/],
  ['-5', /at character 1, “-5”/],
];

describe('notation of time controls', () => {
  for (const [text, control] of SECONDS) {
    it(`J-140 J-143 ${text}, in seconds, is read as PGN and SGF mean it, and is written so again`, () => {
      expect(parseTimeControl(text)).to.deep.equal(control);
      expect(formatTimeControl(control)).to.equal(text);
    });
  }

  for (const [text, control] of MINUTES) {
    it(`J-141 J-143 ${text}, in minutes, is read as players say it, and written so again`, () => {
      expect(parseTimeControl(text, { unit: 'minutes' })).to.deep.equal(control);
      expect(formatTimeControl(control, { unit: 'minutes' })).to.equal(text);
    });
  }

  for (const [text, normal] of SPELLINGS) {
    it(`J-141 “${text}” is another spelling of ${normal}`, () => {
      const control = parseTimeControl(text, { unit: 'minutes' });
      expect(formatTimeControl(control, { unit: 'minutes' })).to.equal(normal);
      expect(parseTimeControl(normal, { unit: 'minutes' })).to.deep.equal(control);
    });
  }

  for (const [text, where] of FAULTS) {
    it(`J-142 “${text}” is refused with what was not understood, where, and an example`, () => {
      expect(() => parseTimeControl(text))
        .to.throw(SyntaxError, where)
        .with.property('message')
        .that.contains('Write for example “300+3”');
      expect(() => parseTimeControl(text, { unit: 'minutes' })).to.throw(SyntaxError, '“5+3”');
    });
  }

  it('J-142 a value that is not a text is a TypeError', () => {
    // @ts-expect-error: a program without types
    expect(() => parseTimeControl(300)).to.throw(TypeError, 'text must be a string');
  });

  it('J-144 a time control that has no notation is written as null', () => {
    const before = one({ time_ms: 1_000, increment_ms: 1_000, increment_when: 'before' });
    const wholeSeconds: TimeControl = { stages: [{ time_ms: 1_000 }], charge_unit_ms: 1_000 };
    const leastCharge: TimeControl = { stages: [{ time_ms: 1_000 }], least_charge_ms: 1_000 };
    for (const control of [before, wholeSeconds, leastCharge]) {
      expect(formatTimeControl(control)).to.equal(null);
      expect(formatTimeControl(control, { unit: 'minutes' })).to.equal(null);
    }
  });

  it('J-143 a time control that has a notation is the same after it was written and read, in both units', () => {
    fc.assert(
      fc.property(controls, fc.constantFrom('seconds' as const, 'minutes' as const), (control, unit) => {
        const text = formatTimeControl(control, { unit });
        expect(text).to.be.a('string');
        expect(parseTimeControl(text ?? '', { unit }), text ?? '').to.deep.equal(control);
      }),
      { numRuns: 500 },
    );
  });
});

const duration = fc.oneof(
  fc.integer({ min: 1, max: 2_592_000_000 }),
  fc.integer({ min: 1, max: 43_200 }).map((minutes) => minutes * MINUTE),
  fc.integer({ min: 1, max: 720 }).map((hours) => hours * HOUR),
);
const count = fc.integer({ min: 1, max: 500 });

/** What a stage has beside its time, without defaults that are written out. */
const increments = fc.record(
  { increment_ms: duration, increment_every: fc.integer({ min: 2, max: 500 }), delay_ms: duration, max_time_ms: duration },
  { requiredKeys: ['increment_ms'] },
);
const extras = fc.oneof(
  fc.constant({}),
  increments,
  fc.record({ delay_ms: duration }),
  fc.record({ delay_ms: duration, delay_type: fc.constant('bronstein' as const) }),
);
const overtimes = fc.oneof(
  fc.constant({}),
  fc.record({ byoyomi: fc.record({ period_ms: duration, periods: count }) }),
  fc.record({ canadian: fc.record({ block_ms: duration, turns: count }) }),
);
const times = fc.oneof(fc.constant(0), duration);
const stage = fc.tuple(times, extras).map(([time_ms, extra]): Stage => Object.assign({ time_ms }, extra));
const ends = fc.oneof(
  count.map((turns) => ({ turns })),
  fc.constant({ at_zero: 'next' as const }),
);

const controls: fc.Arbitrary<TimeControl> = fc.oneof(
  duration.map((time_ms): TimeControl => ({ stages: [{ time_ms }], hourglass: true })),
  fc
    .tuple(fc.array(fc.tuple(stage, ends), { maxLength: 7 }), stage, overtimes, fc.option(count, { nil: undefined }))
    .map(([former, last, overtime, turns]): TimeControl => {
      const end: Stage = Object.assign({}, last, last.delay_type === 'bronstein' ? {} : overtime);
      const stages = [...former.map(([begun, ended]): Stage => Object.assign({}, begun, ended)), end];
      if (turns === undefined) return { stages };
      end.turns = turns;
      return { stages, repeat_last: true };
    }),
);
