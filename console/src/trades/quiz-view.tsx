/** The host's page of a quiz, and the wall's: the question, who has answered, the right choice, the scores. */
import { formatTime, type SyncKairosClient, type SessionState } from '@synckairos/client';
import { useCountdown } from '@synckairos/client/react';
import { useState } from 'react';
import { answered } from '../trade.ts';
import { isOpen, LETTERS, questionOf, revealOf } from './quiz.ts';
import { ChoiceText, Scores } from './quiz-parts.tsx';
import { QuizPlayer } from './quiz-player.tsx';
import type { TradeProps } from './trade-view.ts';
import '../styles/quiz.css';

export function QuizView(props: TradeProps) {
  const { client, state, rights, commands, guard } = props;
  const [bySpeed, setBySpeed] = useState(true);
  if (rights.own !== undefined) return <QuizPlayer {...props} participantId={rights.own} />;
  const question = questionOf(state);
  const isPending = state.status === 'pending';
  const isRunning = state.status === 'running';
  if (question === null || (!isRunning && state.status !== 'paused' && !isPending)) {
    return (
      <section className="quiz" aria-label="Scores">
        <Scores state={state} withGains={false} />
      </section>
    );
  }
  const open = isOpen(state);
  const mayReveal = isRunning && !open && question.right === null && rights.turn;
  // The answers may be hidden from what is pushed, so they are asked for.
  const reveal = (choice: number): void =>
    commands.act(async () => client.edit(state.session_id, revealOf(await client.getSession(state.session_id), question, choice, bySpeed)));
  const [done, of] = answered(state);
  const later = state.participants.filter(({ sits_out, withdrawn }) => sits_out === true && withdrawn !== true).length;
  return (
    <section className="quiz" aria-label="Question">
      <div className="quiz-head">
        <p>
          Question <b className="number">{question.number}</b>
          {question.of !== null && <> of {question.of}</>}
        </p>
        <p className="quiz-left number" role="timer" aria-label="Time left">
          <Left client={client} state={state} open={open} />
        </p>
        <p>
          <b className="number">
            {done} / {of}
          </b>{' '}
          answered{later > 0 && `, ${later} from the next question on`}
        </p>
      </div>
      <p className="quiz-title" dir="auto">
        {isPending ? 'Get ready' : question.title}
      </p>
      {!isPending && (
        <div className="quiz-choices" role="group" aria-label={mayReveal ? 'Which is right?' : 'Choices'}>
          {question.choices.map((text, choice) => (
            <button
              key={LETTERS[choice]}
              type="button"
              data-choice={choice}
              data-right={question.right === null ? undefined : question.right === choice}
              data-resting={mayReveal && guard.rests}
              aria-disabled={!mayReveal}
              onClick={() => mayReveal && reveal(choice)}
            >
              <ChoiceText question={question} choice={choice} text={text} />
            </button>
          ))}
        </div>
      )}
      {mayReveal && (
        <div className="quiz-rule">
          <p>Press the right one: it is shown to everybody, and the points are given.</p>
          <label className="check">
            <input type="checkbox" checked={bySpeed} onChange={(event) => setBySpeed(event.target.checked)} />
            Faster gets more
          </label>
        </div>
      )}
      {question.right !== null && <Scores state={state} withGains />}
    </section>
  );
}

function Left({ client, state, open }: { client: SyncKairosClient; state: SessionState; open: boolean }) {
  // All have the same time, so whoever still has it shows it.
  const shown = state.participants.find(({ clock_status }) => clock_status === 'running') ?? state.participants[0];
  const left = useCountdown(client, state.session_id, shown && { participant_id: shown.participant_id });
  if (state.status === 'running' && !open) return state.participants.some(({ has_expired }) => has_expired) ? 'Time’s up' : 'All in';
  return left === null ? '–:––' : formatTime(left);
}
