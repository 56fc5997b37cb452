/** What the pages of a quiz share: a choice, and the scores. */
import type { SessionState } from '@synckairos/client';
import { nameOf } from '../words.ts';
import { byPoints, gainOf, LETTERS, pointsOf, type Question, SIGNS } from './quiz.ts';

/** So many of the best are shown. */
const BEST = 10;

/** A choice by its sign, letter and text. */
export function ChoiceText({ question: { right }, choice, text }: { question: Question; choice: number; text: string }) {
  return (
    <>
      <span className="quiz-sign" aria-hidden="true">
        {SIGNS[choice]}
      </span>
      <b>{LETTERS[choice]}</b>
      <span dir="auto">{text}</span>
      {right === choice && <span className="quiz-right">✓ right</span>}
    </>
  );
}

/** The best, with their points and what they got last. */
export function Scores({ state, withGains }: { state: SessionState; withGains: boolean }) {
  const all = byPoints(state);
  return (
    <ol className="quiz-scores" aria-label="Scores">
      {all.slice(0, BEST).map((one) => (
        <li key={one.participant_id}>
          <span dir="auto">{nameOf(state, one.participant_id)}</span>
          {one.withdrawn === true && <small>has left</small>}
          {withGains && gainOf(one) > 0 && <small className="number">+{gainOf(one)}</small>}
          <b className="number">{pointsOf(one)}</b>
        </li>
      ))}
    </ol>
  );
}
