/** One session by its id: how it stands, its history and links, and a way to end it. */
import { modeOf, type SessionState, type SyncKairosClient } from '@synckairos/client';
import { type FormEvent, lazy, Suspense, useState } from 'react';
import { digitsOf } from '../game/clock-panel.tsx';
import { type Face, facesOf } from '../game/faces.ts';
import { FinishSheet } from '../game/finish-sheet.tsx';
import { useGame } from '../game/use-game.ts';
import { boardHash, operatorHash, sessionHash, sessionOf, stageHash } from '../route.ts';
import { TextField } from '../setup/fields.tsx';
import { LinkList } from '../share/link-list.tsx';
import { UNKNOWN, useShown } from '../stage/shown.ts';
import { hasEnded } from '../trade.ts';
import { explain, standing, titleOf, whyNothing } from '../words.ts';

const HistorySheet = lazy(async () => ({ default: (await import('../history/history-sheet.tsx')).HistorySheet }));
/** So many clocks are shown here; the board shows all. */
const CLOCKS = 8;

interface FindSessionProps {
  client: SyncKairosClient;
  token: string | undefined;
  sessionId: string | undefined;
}

export function FindSession({ client, token, sessionId }: FindSessionProps) {
  const [text, setText] = useState(sessionId ?? '');
  const [fault, setFault] = useState<string>();
  const find = (event: FormEvent): void => {
    event.preventDefault();
    const id = sessionOf(text.trim());
    if (id === null) return setFault('This is no id of a session and no link to one');
    setFault(undefined);
    location.hash = operatorHash(id);
  };
  return (
    <section className="panel find" aria-label="A session">
      <form onSubmit={find}>
        <TextField label="Find a session by its id or link" value={text} fault={fault} onChange={setText} />
        <button type="submit" className="more">
          Find
        </button>
      </form>
      {sessionId !== undefined && <Found key={sessionId} client={client} token={token} sessionId={sessionId} />}
    </section>
  );
}

function Found({ client, token, sessionId }: FindSessionProps & { sessionId: string }) {
  const { state, rights, error, commands, guard } = useGame(client, sessionId, token, false);
  const [sheet, setSheet] = useState<'history' | 'end' | null>(null);
  const close = (): void => setSheet(null);
  if (state === null || rights === null) {
    const isClosed = error?.code === 'FORBIDDEN' || error?.code === 'UNAUTHORIZED';
    return (
      <p role="status">
        {error === null ? 'Asking…' : whyNothing(error)}
        {isClosed && ' A token with a role in every session opens them here: its claim is sessions: {"*": "owner"}.'}
      </p>
    );
  }
  const faces = facesOf(state);
  return (
    <>
      <h2>{titleOf(state)}</h2>
      <dl className="facts">
        {factsOf(state).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        {faces.slice(0, CLOCKS).map((face) => (
          <div key={face.who}>
            <dt dir="auto">{face.name === '' ? 'clock' : face.name}</dt>
            <Time client={client} state={state} face={face} />
          </div>
        ))}
      </dl>
      {faces.length > CLOCKS && <p>and {faces.length - CLOCKS} more clocks</p>}
      <p className="find-links">
        <a href={sessionHash(sessionId)}>Its page</a>
        <a href={boardHash([sessionId])}>Board</a>
        <a href={stageHash(sessionId)}>Stage</a>
      </p>
      <div className="steps">
        <button type="button" onClick={() => setSheet('history')}>
          History
        </button>
        {rights.finish && !hasEnded(state) && (
          <button type="button" data-resting={guard.rests} onClick={() => setSheet('end')}>
            End it
          </button>
        )}
      </div>
      <p className="problem" role="alert">
        {error === null ? '' : explain(error)}
      </p>
      {token !== undefined && rights.share && <LinkList client={client} state={state} />}
      {sheet === 'end' && (
        // An operator plays in no seat, so offers nothing.
        <FinishSheet
          state={state}
          seat={undefined}
          onFinish={commands.finish}
          onOfferDraw={close}
          onCancel={commands.cancel}
          onClose={close}
        />
      )}
      <Suspense>{sheet === 'history' && <HistorySheet client={client} state={state} onClose={close} />}</Suspense>
    </>
  );
}

function factsOf(state: SessionState): [name: string, value: string][] {
  const { status, sync_mode, concurrent, version, epoch, participants, created_at, updated_at, owner_id } = state;
  return [
    ['stands', `${status}: ${standing(state)}`],
    ['mode', `${sync_mode}${concurrent === true ? ', concurrent' : ''}, counts ${modeOf(state).counts}`],
    ['version', `${version} of epoch ${epoch}`],
    ['participants', String(participants.length)],
    ['created', new Date(created_at).toLocaleString()],
    ['last change', new Date(updated_at).toLocaleString()],
    ...(owner_id === undefined ? [] : [['owner', owner_id] satisfies [string, string]]),
  ];
}

function Time({ client, state, face }: { client: SyncKairosClient; state: SessionState; face: Face }) {
  const shown = useShown(client, state, face, 0);
  return <dd className="number">{shown === null ? UNKNOWN : digitsOf(shown, face.counts)}</dd>;
}
