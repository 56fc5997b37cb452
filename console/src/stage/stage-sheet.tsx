/** What the host does with the stage: a message, darkness, a flash, and the link for the screen that shows it. */
import type { SessionState, SyncKairosClient } from '@synckairos/client';
import { type FormEvent, useState } from 'react';
import type { Rights } from '../access.ts';
import { stageHash } from '../route.ts';
import { Link, RoleLink } from '../share/share-sheet.tsx';
import { Sheet } from '../sheet.tsx';
import { hasEnded } from '../trade.ts';
import { explain } from '../words.ts';
import { blackoutCue, cuesOf, flashCue, MESSAGE_MAX, messageCue } from './cues.ts';
import '../styles/stage.css';

interface StageSheetProps {
  client: SyncKairosClient;
  state: SessionState;
  token: string | undefined;
  rights: Rights;
  onClose: () => void;
}

const LOOKS = [
  ['bare', 'Digits only'],
  ['mirror', 'Mirrored'],
  ['transparent', 'No background'],
] as const;

export function StageSheet({ client, state, token, rights, onClose }: StageSheetProps) {
  const { session_id: id } = state;
  const { message, blackout } = cuesOf(state);
  const [text, setText] = useState(message);
  const [problem, setProblem] = useState('');
  const [look, setLook] = useState({ bare: false, mirror: false, transparent: false });
  // After the end nothing of a session can be changed.
  const isOver = hasEnded(state);
  const tell = (cue: ReturnType<typeof messageCue>): void =>
    void client.edit(id, cue).then(
      () => setProblem(''),
      (thrown: unknown) => setProblem(explain(thrown)),
    );
  const show = (event: FormEvent): void => {
    event.preventDefault();
    tell(messageCue(text));
  };
  return (
    <Sheet title="Stage" onClose={onClose}>
      {!isOver && (
        <form className="stage-cues" onSubmit={show}>
          <div className="field">
            <label htmlFor="stage-text">Message to the stage</label>
            <input
              id="stage-text"
              dir="auto"
              value={text}
              maxLength={MESSAGE_MAX}
              autoComplete="off"
              placeholder="Please wrap up"
              onChange={(event) => setText(event.target.value)}
            />
          </div>
          <div className="steps">
            <button type="submit" className="primary">
              Show
            </button>
            <button
              type="button"
              aria-disabled={message === ''}
              onClick={() => {
                setText('');
                tell(messageCue(''));
              }}
            >
              Take away
            </button>
          </div>
          <div className="steps" role="group" aria-label="Light">
            <button type="button" aria-pressed={blackout} onClick={() => tell(blackoutCue(!blackout))}>
              Blackout
            </button>
            <button type="button" onClick={() => tell(flashCue(client.getServerTime()))}>
              Flash
            </button>
          </div>
          <p className="problem" role="alert">
            {problem}
          </p>
        </form>
      )}
      <div className="ways" role="group" aria-label="How the stage looks">
        {LOOKS.map(([name, label]) => (
          <label key={name} className="chip">
            <input type="checkbox" checked={look[name]} onChange={(event) => setLook({ ...look, [name]: event.target.checked })} />
            {label}
          </label>
        ))}
      </div>
      {token !== undefined && rights.share ? (
        <RoleLink key={JSON.stringify(look)} client={client} sessionId={id} way="viewer" hashWith={(fresh) => stageHash(id, look, fresh)} />
      ) : (
        <>
          <Link hash={stageHash(id, look)} />
          {token !== undefined && <p className="field-note">The screen needs a token of its own: an owner can make a link that has one.</p>}
        </>
      )}
    </Sheet>
  );
}
