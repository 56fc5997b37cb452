/** A race: everybody starts at once, and each has splits, a finish and a place of their own. */
import { formatTime, type ParticipantState } from '@synckairos/client';
import { type ParticipantClock, useParticipants } from '@synckairos/client/react';
import { usePress } from '../game/press.ts';
import { GAVE_UP, hasEnded, hasTime } from '../trade.ts';
import { nameOf } from '../words.ts';
import { byPlace, hundredths, placesOf, type Splits, useSplits } from './race-order.ts';
import { StartSoon } from './start-soon.tsx';
import type { TradeProps } from './trade-view.ts';
import '../styles/race.css';

export function RaceView(props: TradeProps) {
  const { client, state } = props;
  const { session_id: id } = state;
  const clocks = useParticipants(client, id);
  const splits = useSplits(client, id);
  const isOver = hasEnded(state);
  const places = placesOf(state.participants);
  // While it runs nobody moves: a button may not slip away under a finger.
  const order = isOver ? byPlace(state.participants).map(({ participant_id }) => participant_id) : [];
  const rows = isOver
    ? [...clocks].sort((a, b) => order.indexOf(a.participant.participant_id) - order.indexOf(b.participant.participant_id))
    : clocks;
  const most = Math.max(0, ...clocks.map(({ used_ms }) => used_ms ?? 0));
  const isKnown = clocks.some(({ used_ms }) => used_ms !== null);
  return (
    <section className="race" aria-label="Race">
      <p className="race-time number" role="timer" aria-label="Time since the start">
        {isKnown ? formatTime(most, 'stopwatch') : '–:––'}
      </p>
      <StartSoon {...props} className="race-plan" />
      <ol>
        {rows.map((clock) => (
          <Runner
            key={clock.participant.participant_id}
            {...props}
            clock={clock}
            place={places.get(clock.participant.participant_id)}
            splits={splits}
          />
        ))}
      </ol>
    </section>
  );
}

interface RunnerProps extends TradeProps {
  clock: ParticipantClock;
  place: number | undefined;
  splits: Splits;
}

function Runner({ client, state, rights, commands, clock, place, splits }: RunnerProps) {
  const { participant, used_ms } = clock;
  const { participant_id: id, clock_status: status } = participant;
  const { session_id: session } = state;
  const name = nameOf(state, id);
  const isReady = participant.metadata?.['ready'] === true;
  const mayStop = rights.turn || rights.own === id;
  const taken = splits.get(id) ?? [];
  const isTimed = hasTime(participant);
  const isOut = participant.withdrawn === true;
  const runs = state.status === 'running' && status === 'running';
  // Each of several people at one device may press at any moment, so none of these is a double press.
  const finish = usePress(() => commands.actAtOnce(() => client.finish(session, id)));
  const giveUp = usePress(() => commands.actAtOnce(() => client.finish(session, id, { answer: GAVE_UP })));
  const split = usePress(() => commands.actAtOnce(() => client.switchCycle(session, id)));
  const ready = (): void =>
    commands.act(() => client.edit(session, { participants: [{ participant_id: id, metadata: { ready: !isReady } }] }));
  return (
    <li data-status={status} data-place={place}>
      <span className="race-place number">{place ?? ''}</span>
      <span className="race-name" dir="auto">
        {name}
      </span>
      <span className="race-own number">
        {isTimed ? hundredths(participant.time_used_ms) : (whyNoTime(participant) ?? live(used_ms, runs))}
      </span>
      {taken.length > 0 && (
        <span className="race-splits number">
          <span className="sr-only">Splits: </span>
          {taken.map(hundredths).join(' · ')}
        </span>
      )}
      {state.status === 'pending' && !isOut && (mayStop || isReady) && (
        <button
          type="button"
          className="chip"
          aria-label={`Ready: ${name}`}
          aria-pressed={isReady}
          aria-disabled={!rights.turn}
          onClick={() => rights.turn && ready()}
        >
          Ready
        </button>
      )}
      {runs && mayStop && (
        <span className="race-acts">
          {rights.turn && (
            <button type="button" aria-label={`Split: ${name}`} {...split}>
              Split
            </button>
          )}
          <button type="button" aria-label={`Gives up: ${name}`} {...giveUp}>
            Gives up
          </button>
          <button type="button" className="primary" aria-label={`Finish: ${name}`} {...finish}>
            Finish
          </button>
        </span>
      )}
    </li>
  );
}

/** Why a runner has no time and won't get one; undefined while they may. */
function whyNoTime({ withdrawn, clock_status }: ParticipantState): string | undefined {
  if (withdrawn === true) return 'Withdrawn';
  if (clock_status === 'finished') return 'Gave up';
  return clock_status === 'expired' ? 'Time is up' : undefined;
}

function live(used: number | null, runs: boolean): string {
  return runs && used !== null ? formatTime(used, 'stopwatch') : '';
}
