/** Looking back: a chart of the turns and all events, from the audit trail. */
import type { SessionState, SyncKairosClient } from '@synckairos/client';
import { Sheet } from '../sheet.tsx';
import { explain } from '../words.ts';
import { Timeline } from './timeline.tsx';
import { TurnChart } from './turn-chart.tsx';
import { turnsOf } from './turns.ts';
import { type History, useHistory } from './use-history.ts';

export function HistorySheet({ client, state, onClose }: { client: SyncKairosClient; state: SessionState; onClose: () => void }) {
  const history = useHistory(client, state);
  const turns = turnsOf(history.events);
  return (
    <Sheet title="History" wide onClose={onClose}>
      <p className="field-note" role="status">
        {standing(history)}
      </p>
      {turns.length > 0 && <TurnChart state={state} turns={turns} />}
      {history.events.length > 0 && <Timeline events={history.events} />}
    </Sheet>
  );
}

function standing({ events, complete, error }: History): string {
  if (error?.code === 'SERVICE_UNAVAILABLE') return `There is no history to read: ${error.message}`;
  if (error !== null) return explain(error);
  if (complete) return `${events.length} events, all there are.`;
  return events.length === 0 ? 'Reading…' : `${events.length} events; the latest are on their way to the trail.`;
}
