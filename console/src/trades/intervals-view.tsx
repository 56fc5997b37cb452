/** Work and rest in turns: one clock as large as the screen allows, which counts the last seconds whole. */
import { useProgramme } from '@synckairos/client/react';
import { ClockPanel } from '../game/clock-panel.tsx';
import { facesOf } from '../game/faces.ts';
import { planOf } from './plan-words.ts';
import type { TradeProps } from './trade-view.ts';
import '../styles/rundown.css';

const COUNTDOWN_MS = 10_000;

export function IntervalsView({ client, state, rights, commands, guard }: TradeProps) {
  const programme = useProgramme(client, state.session_id);
  const [face] = facesOf(state);
  const { session_id: id } = state;
  const plan = (): void =>
    commands.act(() => client.schedule(id, { starts_at: new Date(Math.round(client.getServerTime()) + COUNTDOWN_MS).toISOString() }));
  if (face === undefined) return null;
  return (
    <>
      <p className="intervals-round">{face.note}</p>
      <section className="board intervals" aria-label="Clocks" data-clocks="1">
        <ClockPanel
          client={client}
          state={state}
          face={face}
          mayEnd={rights.turn}
          rests={guard.turnRests}
          wholeSeconds
          onSwitch={() => commands.endTurn(undefined, false)}
        />
      </section>
      {state.status === 'pending' && rights.start && state.starts_at == null && (
        <button type="button" className="more intervals-plan" data-resting={guard.rests} onClick={plan}>
          Start in 10 s
        </button>
      )}
      <p className="programme-plan">{programme === null || state.status === 'pending' ? '' : planOf(programme)}</p>
    </>
  );
}
