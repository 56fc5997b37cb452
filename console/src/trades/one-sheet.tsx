/** A sheet for one participant of a concurrent session: their clock, and what can be done with it. */
import { formatTime } from '@synckairos/client';
import { useCountdown } from '@synckairos/client/react';
import { useState } from 'react';
import { STEPS } from '../game/adjust-sheet.tsx';
import { Sheet } from '../sheet.tsx';
import { explain, nameOf } from '../words.ts';
import { extraOf } from './hall-groups.ts';
import type { TradeProps } from './trade-view.ts';

export function OneSheet({
  client,
  state,
  rights,
  commands,
  guard,
  error,
  participantId: id,
  onClose,
}: TradeProps & { participantId: string; onClose: () => void }) {
  const { session_id: session } = state;
  const who = { participant_id: id };
  const left = useCountdown(client, session, who);
  // What was refused before belongs to something else.
  const [earlier] = useState(error);
  const one = state.participants.find(({ participant_id }) => participant_id === id);
  if (one === undefined) return null;
  const { clock_status: status } = one;
  const isOn = state.status === 'running' || state.status === 'paused';
  const isOut = one.withdrawn === true;
  const hasEnded = status === 'finished' || status === 'expired' || isOut;
  const then = (command: () => Promise<unknown>) => (): void => {
    commands.act(command);
    onClose();
  };
  return (
    <Sheet title={nameOf(state, id)} onClose={onClose}>
      <p className="one-left">
        {extraOf(one)} <b className="number">{left === null ? '–:––' : formatTime(left)}</b>{' '}
        {isOut ? 'left when withdrawn' : WORDS[status ?? 'waiting']}
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
      {rights.turn && (isOut || !hasEnded) && (
        <div className="steps" role="group" aria-label="Takes part" data-resting={guard.rests}>
          <button type="button" onClick={then(() => client.edit(session, { participants: [{ participant_id: id, withdrawn: !isOut }] }))}>
            {isOut ? 'Come back' : 'Withdraw'}
          </button>
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
      <p className="problem" role="alert">
        {error === null || error === earlier ? '' : explain(error)}
      </p>
    </Sheet>
  );
}

const WORDS = { waiting: 'not started', running: 'left', paused: 'left, paused', finished: 'left when handed in', expired: 'time is up' };
