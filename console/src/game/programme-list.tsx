/** The programme of a session: what is done, what runs, what comes when, and whether that is later than planned. */
import { formatTime, type Programme, type SessionState, type SyncKairosClient } from '@synckairos/client';
import { useProgramme } from '@synckairos/client/react';
import { titleOfItem } from '../trade.ts';

const SECOND = 1_000;
/** Less than this is on time. */
const ON_TIME_MS = 5 * SECOND;
/** How many items are shown, from the one before the present one on. */
const SHOWN = 6;

export function ProgrammeList({ client, state }: { client: SyncKairosClient; state: SessionState }) {
  const programme = useProgramme(client, state.session_id);
  const { items = [], item_index } = state;
  const first = Math.max(0, Math.min((item_index ?? 0) - 1, items.length - SHOWN));
  const more = items.length - first - SHOWN;
  return (
    <section className="programme" aria-label="Programme">
      <p className="programme-plan" data-late={(programme?.behind_ms ?? 0) >= ON_TIME_MS}>
        {programme === null || state.status === 'pending' ? '' : planOf(programme)}
      </p>
      <ol start={first + 1}>
        {items.slice(first, first + SHOWN).map((item, place) => (
          <li key={item.item_id} data-status={item.status} aria-current={item.status === 'running' ? 'step' : undefined}>
            <span className="programme-title">{titleOfItem(item)}</span>
            {WORDS[item.status] !== '' && <span className="programme-mark">{WORDS[item.status]}</span>}
            <span className="number">{formatTime(item.time_ms)}</span>
            <time className="number">{timeOfDay(programme?.items[first + place]?.starts_at)}</time>
          </li>
        ))}
      </ol>
      {more > 0 && <p className="programme-plan">and {more} more</p>}
    </section>
  );
}

const WORDS = { waiting: '', running: 'Now', done: 'Done', skipped: 'Skipped' };

function planOf({ behind_ms, ends_at }: Programme): string {
  const by = formatTime(Math.floor(Math.abs(behind_ms) / SECOND) * SECOND);
  const plan = Math.abs(behind_ms) < ON_TIME_MS ? 'On time' : `${by} ${behind_ms > 0 ? 'behind' : 'ahead'}`;
  return `${plan} · over at ${timeOfDay(ends_at)}`;
}

function timeOfDay(instant: string | null | undefined): string {
  return instant == null ? '' : new Date(instant).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}
