/** The page of one player of a quiz: the choices, that the answer was sent and when, and what it was worth. */
import { formatTime } from '@synckairos/client';
import { useCountdown } from '@synckairos/client/react';
import { useState } from 'react';
import { usePress } from '../game/press.ts';
import { nameOf } from '../words.ts';
import { byPoints, gainOf, LETTERS, pointsOf, type Question, questionOf } from './quiz.ts';
import { ChoiceText, Scores } from './quiz-parts.tsx';
import type { TradeProps } from './trade-view.ts';

export function QuizPlayer(props: TradeProps & { participantId: string }) {
  const { client, state, participantId: id } = props;
  const left = useCountdown(client, state.session_id, { participant_id: id });
  /** What was pressed on this page: the server may hide it until the question is over. */
  const [sent, setSent] = useState<{ key: string; choice: number } | null>(null);
  const one = state.participants.find(({ participant_id }) => participant_id === id);
  if (one === undefined) return <p role="status">Nobody of that name is in this quiz.</p>;
  const question = questionOf(state);
  const isOn = state.status === 'running' || state.status === 'paused';
  const place = 1 + byPoints(state).filter((other) => pointsOf(other) > pointsOf(one)).length;
  const mayAnswer = state.status === 'running' && one.clock_status === 'running' && one.withdrawn !== true;
  // Once the question is over the state tells which answer counted, also to another device.
  const chosen = one.answer ?? (sent !== null && sent.key === question?.key ? sent.choice : undefined);
  return (
    <section className="quiz" aria-label={nameOf(state, id)}>
      <div className="quiz-head">
        <p>
          <b dir="auto">{nameOf(state, id)}</b>
        </p>
        {question !== null && isOn && (
          <p className="quiz-left number" role="timer" aria-label="Time left">
            {left === null ? '–:––' : formatTime(left)}
          </p>
        )}
        <p>
          <b className="number">{pointsOf(one)}</b> points · place <b className="number">{place}</b>
        </p>
      </div>
      {question !== null && isOn && (
        <>
          <p className="quiz-title" dir="auto">
            {question.title}
          </p>
          <div className="quiz-choices" role="group" aria-label="Your answer">
            {question.choices.map((text, choice) => (
              <Choice
                key={LETTERS[choice]}
                {...props}
                question={question}
                choice={choice}
                text={text}
                isChosen={choice === chosen}
                mayAnswer={mayAnswer}
                onSent={() => setSent({ key: question.key, choice })}
              />
            ))}
          </div>
        </>
      )}
      <p className="quiz-said" role="status">
        {saidTo(props, question, one)}
      </p>
      {(question === null || !isOn) && state.status !== 'pending' && <Scores state={state} withGains={false} />}
    </section>
  );
}

interface ChoiceProps extends TradeProps {
  participantId: string;
  question: Question;
  choice: number;
  text: string;
  isChosen: boolean;
  mayAnswer: boolean;
  onSent: () => void;
}

function Choice({ client, state, commands, participantId, question, choice, text, isChosen, mayAnswer, onSent }: ChoiceProps) {
  const press = usePress(() => {
    if (!mayAnswer) return;
    onSent();
    // The first answer counts, however soon it comes: the server takes no second one.
    commands.actAtOnce(() => client.finish(state.session_id, participantId, { answer: choice }));
  });
  return (
    <button
      type="button"
      data-choice={choice}
      data-right={question.right === null ? undefined : question.right === choice}
      aria-pressed={isChosen}
      aria-disabled={!mayAnswer}
      {...press}
    >
      <ChoiceText question={question} choice={choice} text={text} />
    </button>
  );
}

/** How it stands for this player. */
function saidTo({ state }: TradeProps, question: Question | null, one: TradeProps['state']['participants'][number]): string {
  if (one.withdrawn === true) return 'You have left this quiz.';
  if (state.status === 'pending') return 'It begins as soon as the host starts it.';
  if (question === null || state.status === 'completed') return `That was all: ${pointsOf(one)} points.`;
  if (question.right !== null && one.clock_status !== 'waiting') return gainOf(one) > 0 ? `Right: +${gainOf(one)}` : 'Not this time.';
  if (one.clock_status === 'waiting' || one.sits_out === true) return 'You are in from the next question on.';
  if (one.clock_status === 'expired') return 'Time is up.';
  return one.clock_status === 'finished' ? `Sent after ${((one.cycle_time_used_ms ?? 0) / 1_000).toFixed(1)} s ✓` : '';
}
