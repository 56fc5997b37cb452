/** A sheet for one participant of a concurrent session: their clock, and what can be done with it. */
import { formatTime } from '@synckairos/client';
import { useCountdown } from '@synckairos/client/react';
import { STEPS } from '../game/adjust-sheet.tsx';
import { Sheet } from '../sheet.tsx';
import { nameOf } from '../words.ts';
import { extraOf } from './hall-groups.ts';
import type { TradeProps } from './trade-view.ts';

export function OneSheet({
  client,
  state,
  rights,
  commands,
  guard,
  participantId: id,
  onClose,
}: TradeProps & { participantId: string; onClose: () => void }) {
  const { session_id: session } = state;
  const who = { participant_id: id };
  const left = useCountdown(client, session, who);
  const one = state.participants.find(({ participant_id }) => participant_id === id);
  if (one === undefined) return null;
  const { clock_status: status } = one;
  const isOn = state.status === 'running' || state.status === 'paused';
  const hasEnded = status === 'finished' || status === 'expired';
  const then = (command: () => Promise<unknown>) => (): void => {
    commands.act(command);
    onClose();
  };
  return (
    <Sheet title={nameOf(state, id)} onClose={onClose}>
      <p className="one-left">
        {extraOf(one)} <b className="number">{left === null ? '–:––' : formatTime(left)}</b> {WORDS[status ?? 'waiting']}
      </p>
      {rights.turn && !hasEnded && (
        <div className="steps" role="group" aria-label="Clock" data-resting={guard.rests}>
          {status === 'waiting' && isOn && (
            <button type="button" className="primary" onClick={then(() => client.startParticipant(session, id))}>
              Start now
            </button>
          )}
          {status === 'running' && isOn && (
            <button type="button" onClick={then(() => client.pauseParticipant(session, id))}>
              Pause
            </button>
          )}
          {status === 'paused' && (
            <button type="button" className="primary" onClick={then(() => client.resumeParticipant(session, id))}>
              Resume
            </button>
          )}
          {isOn && (
            <button type="button" onClick={then(() => client.finish(session, id))}>
              Hand in
            </button>
          )}
        </div>
      )}
      {rights.adjust && !hasEnded && (
        <div className="steps" role="group" aria-label="Give or take" data-resting={guard.rests}>
          {STEPS.map(([label, ms]) => (
            <button key={label} type="button" onClick={() => commands.adjust(ms, id)}>
              {label}
            </button>
          ))}
        </div>
      )}
    </Sheet>
  );
}

const WORDS = { waiting: 'not started', running: 'left', paused: 'left, paused', finished: 'left when handed in', expired: 'time is up' };
