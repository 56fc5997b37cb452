/** The times of a game in words, for screen readers and, with sound, aloud. */
import { formatTime, modeOf, type SessionState, type SyncKairosClient } from '@synckairos/client';
import { useEffect, useState } from 'react';
import { spokenOver, standing } from '../words.ts';
import { facesOf } from './faces.ts';

/** Of more clocks only those that run are said. */
const MANY = 4;

/** What was said last, and a function that says how it stands now. */
export function useSaidTimes(client: SyncKairosClient, state: SessionState | null, aloud: boolean): [said: string, say: () => void] {
  const [said, setSaid] = useState('');
  useEffect(() => () => void ('speechSynthesis' in globalThis && speechSynthesis.cancel()), []);
  const say = (): void => {
    if (state === null) return;
    const text = timesOf(client, state);
    // The same words a second time would not be told.
    setSaid((before) => (before === text ? `${text}\u00a0` : text));
    if (!aloud || !('speechSynthesis' in globalThis)) return;
    speechSynthesis.cancel();
    speechSynthesis.speak(new SpeechSynthesisUtterance(text));
  };
  return [said, say];
}

function timesOf(client: SyncKairosClient, state: SessionState): string {
  const faces = facesOf(state);
  const told = faces.length > MANY ? faces.filter(({ hasTurn }) => hasTurn).slice(0, MANY) : faces;
  const times = told.flatMap(({ who, name }) => {
    const left = client.getParticipantTime(state.session_id, who);
    if (left === null || modeOf(state).counts === 'up') return [];
    const time = left <= 0 && state.overrun_ms !== undefined ? spokenOver(left) : formatTime(left, 'spoken');
    return [name === '' ? time : `${name}: ${time}`];
  });
  return [standing(state), ...times].join('. ');
}
