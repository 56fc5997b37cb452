/** The page of one participant of a concurrent session: their own clock, and the button that ends it. */
import { useState } from 'react';
import { ClockPanel } from '../game/clock-panel.tsx';
import { facesOf } from '../game/faces.ts';
import { Sheet } from '../sheet.tsx';
import { nameOf } from '../words.ts';
import type { TradeProps } from './trade-view.ts';

interface OwnClockProps extends TradeProps {
  participantId: string;
  /** What ending it is called: `Hand in`. */
  done: string;
}

export function OwnClock({ client, state, commands, guard, participantId: id, done }: OwnClockProps) {
  const [asks, setAsks] = useState(false);
  const face = facesOf(state).find(({ who }) => who === id);
  const one = state.participants.find(({ participant_id }) => participant_id === id);
  if (face === undefined || one === undefined) return <p role="status">Nobody of that name is in this game.</p>;
  const isOn = (state.status === 'running' || state.status === 'paused') && one.withdrawn !== true;
  const canEnd = isOn && one.finished_at == null && one.clock_status !== 'expired';
  const finish = (): void => {
    commands.act(() => client.finish(state.session_id, id));
    setAsks(false);
  };
  return (
    <section className="own" aria-label={nameOf(state, id)}>
      <div className="board" data-clocks="1">
        <ClockPanel client={client} state={state} face={face} mayEnd={false} rests={guard.rests} onSwitch={() => undefined} />
      </div>
      {canEnd && (
        <button type="button" className="primary own-done" data-resting={guard.rests} onClick={() => setAsks(true)}>
          {done}
        </button>
      )}
      {asks && (
        <Sheet title={`${done}?`} onClose={() => setAsks(false)}>
          <p>Your clock stops for good. This can’t be taken back.</p>
          <div className="steps" data-resting={guard.rests}>
            <button type="button" className="primary" onClick={finish}>
              {done} now
            </button>
            <button type="button" onClick={() => setAsks(false)}>
              Go on
            </button>
          </div>
        </Sheet>
      )}
    </section>
  );
}
