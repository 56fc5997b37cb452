import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { readProgramme } from '#clock';
import type { CreatePayload, EditPayload, SessionState } from '#contract';
import type { TimerCommand } from '../../server/domain/decide.ts';
import { Match, MINUTE, unix } from '../timing/match.ts';
import { timeOf, timeText } from './played-example.ts';

const PAGE = readFileSync(path.join(import.meta.dirname, '../../docs/PROGRAMMES.md'), 'utf8');
const examples = [...PAGE.matchAll(/```json\n(.*?)```/gs)].map(([, json]) => JSON.parse(json ?? '') as unknown);
const rows = PAGE.split('\n')
  .filter((line) => /^\| \d/.test(line))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

/** A command as the page writes it: `switch {"next_item_id": "break"}`. */
function commandOf(text: string): TimerCommand {
  const [, type, payload] = /^`(\w+) (\{.*\})`$/.exec(text) ?? [];
  return { ...(JSON.parse(payload ?? '') as object), type } as TimerCommand;
}

/** What a row says of a state. */
function cellsOf({ status, items = [], item_index, active_participant_id, zero_at }: SessionState): string[] {
  const runs = status === 'running';
  const marks = items.map((one) => (one.used_ms === 0 ? one.status : `${one.status}, ${timeText(one.used_ms)}`));
  const turn = (runs ? active_participant_id : null) ?? '–';
  const until = zero_at == null ? '–' : timeText(Date.parse(zero_at) - unix(0));
  return [runs ? (items[item_index ?? 0]?.item_id ?? '') : status, turn, ...marks, until];
}

describe('the worked examples of PROGRAMMES.md', () => {
  it('PG-19 the meeting goes as its table says, row by row', () => {
    const match = new Match(examples[0] as CreatePayload);
    expect(rows).to.have.length(7);
    for (const [at = '', sent = '', ...says] of rows)
      expect(cellsOf(match.play(timeOf(at), commandOf(sent)).state), at).to.deep.equal(says);
  });

  it('PG-19 the meeting of the page is 20 minutes ahead at 20:00', () => {
    const match = new Match(examples[0] as CreatePayload);
    for (const [at = '', sent = ''] of rows.slice(0, 4)) match.play(timeOf(at), commandOf(sent));
    const behind = readProgramme(match.state, unix(20 * MINUTE))?.behind_ms;
    expect(behind).to.equal(-20 * MINUTE);
    expect(PAGE).to.include(`20 minutes ahead, \`behind_ms: ${behind}\``);
  });

  it('PG-19 the edit of the meeting leaves the items that the page says', () => {
    const match = new Match(examples[0] as CreatePayload).play(0, { type: 'start' }).switch(7 * MINUTE);
    const { items } = examples[1] as EditPayload;
    const { state } = match.play(17 * MINUTE, { type: 'edit', items });
    expect(state.items?.map(({ item_id, time_ms }) => [item_id, time_ms])).to.deep.equal([
      ['welcome', 5 * MINUTE],
      ['budget', 20 * MINUTE],
      ['staff', 10 * MINUTE],
    ]);
  });

  it('PG-19 the rounds of the page are over after eight minutes', () => {
    const { state } = Match.started(examples[2] as CreatePayload).pass(60 * MINUTE);
    expect(state).to.include({ status: 'expired', round: 8, session_completed_at: new Date(unix(8 * MINUTE)).toISOString() });
  });
});
