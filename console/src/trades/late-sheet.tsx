/** A sheet that lets somebody join an exam: a late student, who begins now with a time of their own. */
import { formatTime } from '@synckairos/client';
import { useState } from 'react';
import { parseDuration } from '../setup/duration.ts';
import { TextField } from '../setup/fields.tsx';
import { Sheet } from '../sheet.tsx';
import { freshGuest } from './guests.ts';
import type { TradeProps } from './trade-view.ts';

const MINUTE = 60_000;

export function LateSheet({ client, state, commands, guard, onClose }: TradeProps & { onClose: () => void }) {
  const { session_id: id, status, participants } = state;
  const usual = participants.find(({ time_factor, extra_time_ms }) => time_factor === undefined && extra_time_ms === undefined);
  const [name, setName] = useState('');
  const [time, setTime] = useState(formatTime(usual?.given_ms ?? participants[0]?.given_ms ?? 0, 'stopwatch'));
  const [fault, setFault] = useState<string>();
  const join = (): void => {
    const total_time_ms = parseDuration(time, MINUTE);
    if (total_time_ms === null || total_time_ms < 1_000) return setFault('Write a time such as 5:00, 1:30:00 or 30 s');
    const participant_id = freshGuest();
    commands.act(async () => {
      await client.edit(id, { participants: [{ participant_id, name: name.trim() || 'Late', total_time_ms }] });
      if (status !== 'pending') await client.startParticipant(id, participant_id);
    });
    onClose();
  };
  return (
    <Sheet title="Somebody is late" onClose={onClose}>
      <TextField label="Name" value={name} fault={undefined} onChange={setName} />
      <TextField label="Time" value={time} fault={fault} onChange={setTime} />
      <div className="steps" data-resting={guard.rests}>
        <button type="button" className="primary" onClick={join}>
          {status === 'pending' ? 'Let in' : 'Begins now'}
        </button>
      </div>
    </Sheet>
  );
}
