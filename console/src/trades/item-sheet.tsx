/** A sheet for one item of a programme: go to it, change it, move it, put one behind it, leave it out. */
import { formatTime, type ItemInput, type ItemState } from '@synckairos/client';
import { useState } from 'react';
import { parseDuration } from '../setup/duration.ts';
import { TextField } from '../setup/fields.tsx';
import { Sheet } from '../sheet.tsx';
import { titleOfItem } from '../trade.ts';
import type { TradeProps } from './trade-view.ts';

const MINUTE = 60_000;
const NEW_TIME = '5:00';

interface ItemSheetProps extends TradeProps {
  item: ItemState;
  onClose: () => void;
}

export function ItemSheet({ client, state, commands, guard, item, onClose }: ItemSheetProps) {
  const { session_id: id, items = [] } = state;
  const [title, setTitle] = useState(titleOfItem(item));
  const [time, setTime] = useState(formatTime(item.time_ms, 'stopwatch'));
  const [isNew, setNew] = useState(false);
  const [fault, setFault] = useState<string>();
  const place = items.indexOf(item);
  // What has begun stays in front, in its order.
  const first =
    1 + Math.max(-1, ...items.map(({ status, started_at }, index) => (status !== 'waiting' || started_at !== null ? index : -1)));
  const isFree = place >= first;
  const then = (command: () => Promise<unknown>) => (): void => {
    commands.act(command);
    onClose();
  };
  const edit = (list: readonly (ItemInput | ItemState)[]) => then(() => client.edit(id, { items: list, expected_version: state.version }));
  const moved = (to: number): ItemState[] => {
    const rest = items.filter((one) => one !== item);
    return [...rest.slice(0, to), item, ...rest.slice(to)];
  };
  const save = (): void => {
    const time_ms = parseDuration(time, MINUTE);
    if (time_ms === null || time_ms < 1_000) return setFault('Write a time such as 5:00, 1:30:00 or 30 s');
    if (!isNew) return edit(items.map((one) => (one === item ? { ...one, title: title.trim() || one.item_id, time_ms } : one)))();
    const fresh: ItemInput = { item_id: freshId(items), title: title.trim() || 'New item', time_ms };
    return edit([...items.slice(0, Math.max(place + 1, first)), fresh, ...items.slice(Math.max(place + 1, first))])();
  };
  const insert = (): void => {
    setNew(true);
    setTitle('');
    setTime(NEW_TIME);
  };
  return (
    <Sheet title={isNew ? 'New item' : titleOfItem(item)} onClose={onClose}>
      {!isNew && state.status === 'running' && item.status !== 'running' && (
        <div className="steps" data-resting={guard.rests}>
          <button
            type="button"
            className="primary"
            onClick={then(() => client.switchCycle(id, undefined, undefined, { nextItem: item.item_id }))}
          >
            Go to it now
          </button>
        </div>
      )}
      {(isFree || isNew) && (
        <>
          <TextField label="Title" value={title} fault={undefined} onChange={setTitle} />
          <TextField label="Time" value={time} fault={fault} onChange={setTime} />
          <div className="steps" data-resting={guard.rests}>
            <button type="button" onClick={save}>
              {isNew ? 'Insert' : 'Save'}
            </button>
          </div>
        </>
      )}
      {!isNew && (
        <div className="steps" data-resting={guard.rests}>
          {isFree && place > first && (
            <button type="button" onClick={edit(moved(place - 1))}>
              Earlier
            </button>
          )}
          {isFree && place < items.length - 1 && (
            <button type="button" onClick={edit(moved(place + 1))}>
              Later
            </button>
          )}
          <button type="button" onClick={insert}>
            Insert one behind
          </button>
          {isFree && items.length > 1 && (
            <button type="button" onClick={edit(items.filter((one) => one !== item))}>
              Leave it out
            </button>
          )}
        </div>
      )}
    </Sheet>
  );
}

function freshId(items: readonly ItemState[]): string {
  let number = items.length + 1;
  while (items.some(({ item_id }) => item_id === `item-${number}`)) number += 1;
  return `item-${number}`;
}
