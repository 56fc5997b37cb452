/** Looking back: a chart of the turns and all events, from the audit trail. */
import type { SessionState, SyncKairosClient } from '@synckairos/client';
import { Sheet } from '../sheet.tsx';
import { standingOf } from '../game/result.ts';
import { explain, titleOf } from '../words.ts';
import { ExportButtons } from './export-buttons.tsx';
import { Timeline } from './timeline.tsx';
import { TurnChart } from './turn-chart.tsx';
import { turnsOf } from './turns.ts';
import { type History, useHistory } from './use-history.ts';

export function HistorySheet({ client, state, onClose }: { client: SyncKairosClient; state: SessionState; onClose: () => void }) {
  const history = useHistory(client, state);
  const turns = turnsOf(history.events);
  return (
    <Sheet title="History" wide onClose={onClose}>
      <p className="on-paper">
        <b dir="auto">{titleOf(state)}</b> · {standingOf(state)} · {new Date(state.created_at).toLocaleString()}
      </p>
      <p className="field-note" role="status">
        {standing(history)}
      </p>
      {history.events.length > 0 && <ExportButtons client={client} state={state} turns={turns} />}
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
