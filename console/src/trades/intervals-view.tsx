/** Work and rest in turns: one clock as large as the screen allows, which counts the last seconds whole. */
import { useProgramme } from '@synckairos/client/react';
import { ClockPanel } from '../game/clock-panel.tsx';
import { facesOf } from '../game/faces.ts';
import { planOf } from './plan-words.ts';
import { StartSoon } from './start-soon.tsx';
import type { TradeProps } from './trade-view.ts';
import '../styles/rundown.css';

export function IntervalsView(props: TradeProps) {
  const { client, state, rights, commands, guard } = props;
  const programme = useProgramme(client, state.session_id);
  const [face] = facesOf(state);
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
      <StartSoon {...props} className="intervals-plan" />
      <p className="programme-plan">{programme === null || state.status === 'pending' ? '' : planOf(programme)}</p>
    </>
  );
}
