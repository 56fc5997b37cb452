/** An exam hall: who has until when, who has handed in, and what can be done for all of them or for one. */
import { formatTime, type SessionState, type SyncKairosClient } from '@synckairos/client';
import { type ParticipantClock, useNow, useParticipants } from '@synckairos/client/react';
import { useState } from 'react';
import { hasEnded } from '../trade.ts';
import { nameOf } from '../words.ts';
import { groupsOf, type HallGroup } from './hall-groups.ts';
import { LateSheet } from './late-sheet.tsx';
import { OneSheet } from './one-sheet.tsx';
import { OwnClock } from './own-clock.tsx';
import { timeOfDay } from './plan-words.ts';
import type { TradeProps } from './trade-view.ts';
import '../styles/hall.css';

/** Names are found by typing from so many on. */
const MANY = 30;
/** So many names of a group are shown; the others are found by typing. */
const SHOWN = 100;
const MORE_MS = 300_000;

export function HallView(props: TradeProps) {
  const { own } = props.rights;
  // Whoever sees one clock does not follow those of all others.
  return own === undefined ? <Desk {...props} /> : <OwnClock {...props} participantId={own} done="Hand in" />;
}

/** The hall as its supervisors see it. */
function Desk(props: TradeProps) {
  const { client, state, rights, commands, guard } = props;
  const { session_id: id } = state;
  const clocks = useParticipants(client, id);
  const [chosen, choose] = useState<string | null>(null);
  const [isLate, setLate] = useState(false);
  const [sought, seek] = useState('');
  const mayAct = rights.turn || rights.adjust;
  const isOver = hasEnded(state);
  return (
    <section className="hall" aria-label="Hall">
      <div className="hall-bar">
        <p className="hall-now">
          now <WallClock client={client} />
        </p>
        {clocks.length >= MANY && (
          <input
            type="search"
            value={sought}
            placeholder="Find a name"
            aria-label="Find a name"
            onChange={(event) => seek(event.target.value)}
          />
        )}
        {rights.adjust && !isOver && (
          <button
            type="button"
            className="more"
            data-resting={guard.rests}
            onClick={() => commands.act(() => client.adjustTime(id, MORE_MS, undefined, 'for everybody'))}
          >
            +5 min for all
          </button>
        )}
        {rights.adjust && !isOver && (
          <button type="button" className="more" data-resting={guard.rests} onClick={() => setLate(true)}>
            Late
          </button>
        )}
      </div>
      <div className="hall-groups">
        {groupsOf(state, clocks).map((group) => (
          <Group key={group.key} state={state} group={group} sought={sought} onChoose={mayAct && !isOver ? choose : null} />
        ))}
      </div>
      {isLate && <LateSheet {...props} onClose={() => setLate(false)} />}
      {chosen !== null && <OneSheet {...props} participantId={chosen} onClose={() => choose(null)} />}
    </section>
  );
}

interface GroupProps {
  state: SessionState;
  group: HallGroup;
  sought: string;
  /** Null where nobody can be acted on. */
  onChoose: ((participantId: string) => void) | null;
}

function Group({ state, group: { kind, label, endsAt, members }, sought, onChoose }: GroupProps) {
  const [first] = members;
  const hasClock = kind === 'running' || kind === 'waiting';
  const found = members.filter(({ participant }) => matches(nameOf(state, participant.participant_id), sought));
  return (
    <section className="hall-group" data-kind={kind} data-running={state.status === 'running' && kind === 'running'}>
      <header>
        <h2>
          {label} <span className="number">{members.length}</span>
        </h2>
        {endsAt !== null && (
          <p>
            ends <time className="number">{timeOfDay(endsAt)}</time>
          </p>
        )}
        {hasClock && <b className="hall-left number">{first?.left_ms == null ? '–:––' : formatTime(first.left_ms)}</b>}
      </header>
      <ul>
        {found.slice(0, SHOWN).map((clock) => (
          <li key={clock.participant.participant_id}>
            <Name state={state} clock={clock} onChoose={onChoose} />
          </li>
        ))}
      </ul>
      {found.length > SHOWN && <p className="hall-rest">and {found.length - SHOWN} more</p>}
    </section>
  );
}

function Name({ state, clock: { participant, left_ms }, onChoose }: Pick<GroupProps, 'state' | 'onChoose'> & { clock: ParticipantClock }) {
  const { participant_id: id, finished_at, late_by_ms, clock_status: status } = participant;
  const note =
    finished_at != null
      ? timeOfDay(finished_at) + (late_by_ms === undefined ? '' : ', late')
      : status === 'paused' && participant.withdrawn !== true
        ? formatTime(left_ms)
        : '';
  const text = (
    <>
      <span dir="auto">{nameOf(state, id)}</span>
      {note !== '' && <small className="number">{note}</small>}
    </>
  );
  if (onChoose === null) return <span className="chip">{text}</span>;
  return (
    <button type="button" className="chip" onClick={() => onChoose(id)}>
      {text}
    </button>
  );
}

/** The time of day by the server's clock. */
function WallClock({ client }: { client: SyncKairosClient }) {
  useNow(250);
  if (client.getClockStatus().state === 'syncing') return <b className="number">–:––:––</b>;
  return (
    <b className="number">
      {new Date(client.getServerTime()).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' })}
    </b>
  );
}

function matches(name: string, sought: string): boolean {
  return name.toLocaleLowerCase().includes(sought.trim().toLocaleLowerCase());
}
