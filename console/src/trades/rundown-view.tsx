/** A rundown: what runs, how the programme goes, and every item with its time, its end and what can be done with it. */
import { formatTime, type ItemState, type Programme } from '@synckairos/client';
import { useProgramme } from '@synckairos/client/react';
import { useLayoutEffect, useRef, useState } from 'react';
import { ClockPanel } from '../game/clock-panel.tsx';
import { facesOf } from '../game/faces.ts';
import { hasEnded, titleOfItem } from '../trade.ts';
import { planOf, timeOfDay } from './plan-words.ts';
import { ItemSheet } from './item-sheet.tsx';
import type { TradeProps } from './trade-view.ts';
import '../styles/rundown.css';

const SECOND = 1_000;
const SIGNS = { waiting: '', running: '▶', done: '✓', skipped: '–' };
const WORDS = { waiting: '', running: 'now', done: 'done', skipped: 'skipped' };

export function RundownView(props: TradeProps) {
  const { client, state, rights, commands, guard } = props;
  const programme = useProgramme(client, state.session_id);
  const [chosen, choose] = useState<string | null>(null);
  const { items = [], item_index } = state;
  const [face] = facesOf(state);
  const isOver = hasEnded(state);
  const mayAct = rights.turn && !isOver;
  const item = items.find(({ item_id }) => item_id === chosen);
  const before = backFrom(items, item_index ?? 0);
  const list = useRef<HTMLOListElement>(null);
  // What runs stays in sight, without a move of the page.
  useLayoutEffect(() => {
    const row = list.current?.children.item(item_index ?? 0);
    if (list.current === null || !(row instanceof HTMLElement)) return;
    list.current.scrollTop = row.offsetTop - list.current.offsetTop - row.offsetHeight;
  }, [item_index]);
  return (
    <>
      {face !== undefined && (
        <section className="board" aria-label="Clocks" data-clocks="1">
          <ClockPanel
            client={client}
            state={state}
            face={face}
            mayEnd={rights.turn}
            rests={guard.turnRests}
            onSwitch={() => commands.endTurn(undefined, false)}
          />
        </section>
      )}
      <section className="programme" aria-label="Programme">
        <div className="programme-bar">
          <p className="programme-plan">{programme === null || state.status === 'pending' ? '' : planOf(programme)}</p>
          {mayAct && state.status === 'running' && before !== undefined && (
            <button
              type="button"
              className="more"
              data-resting={guard.turnRests}
              onClick={() => commands.act(() => client.switchCycle(state.session_id, undefined, undefined, { nextItem: before.item_id }))}
            >
              Back<span className="sr-only"> to {titleOfItem(before)}</span>
            </button>
          )}
        </div>
        <ol ref={list}>
          {items.map((one, index) => (
            <Row key={one.item_id} item={one} expected={programme?.items[index]} onChoose={mayAct ? () => choose(one.item_id) : null} />
          ))}
        </ol>
      </section>
      {item !== undefined && <ItemSheet key={item.item_id} {...props} item={item} onClose={() => choose(null)} />}
    </>
  );
}

interface RowProps {
  item: ItemState;
  expected: Programme['items'][number] | undefined;
  /** Null where nothing can be done with it. */
  onChoose: (() => void) | null;
}

function Row({ item, expected, onChoose }: RowProps) {
  const { status, time_ms, used_ms } = item;
  const text = (
    <>
      <span className="programme-sign" aria-hidden="true">
        {SIGNS[status]}
      </span>
      <span className="programme-title" dir="auto">
        {titleOfItem(item)}
        {WORDS[status] !== '' && <span className="sr-only">, {WORDS[status]}</span>}
      </span>
      <span className="number">
        {formatTime(time_ms)}
        {status === 'done' && <OverUnder ms={used_ms - time_ms} />}
      </span>
      <time className="number">{timeOfDay(expected?.starts_at)}</time>
    </>
  );
  return (
    <li data-status={status} aria-current={status === 'running' ? 'step' : undefined}>
      {onChoose === null ? (
        <span className="programme-row">{text}</span>
      ) : (
        <button type="button" className="programme-row" onClick={onChoose}>
          {text}
        </button>
      )}
    </li>
  );
}

/** By how much an item was longer or shorter than planned, in whole seconds. */
function OverUnder({ ms }: { ms: number }) {
  const whole = Math.round(ms / SECOND) * SECOND;
  if (whole === 0) return null;
  return (
    <small>
      {whole > 0 ? '+' : '−'}
      {clock(Math.abs(whole))}
    </small>
  );
}

/** `0:05`: below ten seconds without tenths. */
function clock(ms: number): string {
  return ms < 10 * SECOND ? `0:0${ms / SECOND}` : formatTime(ms);
}

/** The item that ran before the one at `index`, or the one that stands before it. */
function backFrom(items: readonly ItemState[], index: number): ItemState | undefined {
  const earlier = items.slice(0, index).reverse();
  return earlier.find(({ status }) => status === 'done') ?? earlier[0];
}
