/** A board: any number of sessions, or everybody of one, a row each. */
import type { SessionState, SyncKairosClient } from '@synckairos/client';
import { type FormEvent, useDeferredValue, useMemo, useState } from 'react';
import { digitsOf, levelOf } from '../game/clock-panel.tsx';
import type { Face } from '../game/faces.ts';
import { boardHash, sessionHash, sessionOf } from '../route.ts';
import { TextArea } from '../setup/fields.tsx';
import { UNKNOWN, useShown } from '../stage/shown.ts';
import { type BoardRow, isSought, rowsOf, type Standing } from './rows.ts';
import { useSessions } from './use-sessions.ts';
import { VirtualList } from './virtual-list.tsx';
import '../styles/board.css';

const SIGNS: Record<Standing, string> = { running: '▶', paused: '‖', waiting: '', done: '✓', unknown: '?' };

export function BoardPage({ client, sessionIds }: { client: SyncKairosClient; sessionIds: string[] }) {
  const list = sessionIds.join();
  // Another list has the same ids in another array.
  const ids = useMemo(() => list.split(',').filter((id) => id !== ''), [list]);
  const followed = useSessions(client, ids);
  const [sought, seek] = useState('');
  const rows = useMemo(() => rowsOf(followed), [followed]);
  const wanted = useDeferredValue(sought);
  const found = useMemo(() => rows.filter((row) => isSought(row, wanted)), [rows, wanted]);
  const running = rows.filter(({ standing }) => standing === 'running').length;
  const known = followed.filter(({ state, error }) => state !== null || error !== null).length;
  return (
    <main className="board-page">
      <header className="game-head">
        <a className="home" href="#/" aria-label="SyncKairos: new game">
          <img src="favicon.svg" alt="" width="28" height="28" />
        </a>
        <h1>Board</h1>
        <p className="standing" role="status">
          {known < ids.length ? `${known} of ${ids.length} read` : ids.length === 0 ? '' : `${running} running · ${rows.length} in all`}
        </p>
      </header>
      {ids.length > 0 && (
        <input
          type="search"
          className="board-find"
          value={sought}
          placeholder="Find a name"
          aria-label="Find a name"
          onChange={(event) => seek(event.target.value)}
        />
      )}
      <details className="board-more" open={ids.length === 0}>
        <summary>Add sessions</summary>
        <AddSessions ids={ids} />
      </details>
      <VirtualList label="Clocks" rows={found} keyOf={({ key }) => key}>
        {(row) => <Row client={client} row={row} />}
      </VirtualList>
      {ids.length > 0 && found.length === 0 && <p role="status">Nothing here has that in its name.</p>}
    </main>
  );
}

function Row({ client, row }: { client: SyncKairosClient; row: BoardRow }) {
  const { state, sessionId, name, standing, words, faces } = row;
  const text = (
    <>
      <span className="board-sign" aria-hidden="true">
        {faces.some(({ hasExpired }) => hasExpired) ? '■' : SIGNS[standing]}
      </span>
      <span className="board-name" dir="auto">
        {name}
      </span>
      <span className="board-words">{words}</span>
      <span className="board-times">
        {state !== null && faces.map((face) => <Time key={face.who} client={client} state={state} face={face} />)}
      </span>
    </>
  );
  if (row.key !== sessionId)
    return (
      <span className="board-row" data-standing={standing}>
        {text}
      </span>
    );
  return (
    <a className="board-row" data-standing={standing} href={sessionHash(sessionId)}>
      {text}
    </a>
  );
}

function Time({ client, state, face }: { client: SyncKairosClient; state: SessionState; face: Face }) {
  const shown = useShown(client, state, face, 0);
  const runs = face.hasTurn && state.status === 'running';
  return (
    <b className="number" data-runs={runs} data-level={runs && face.counts === 'down' ? levelOf(state, shown) : 'calm'}>
      {shown === null ? UNKNOWN : digitsOf(shown, face.counts)}
    </b>
  );
}

/** Puts further sessions on the board: they become part of its link. */
function AddSessions({ ids }: { ids: readonly string[] }) {
  const [text, setText] = useState('');
  const [fault, setFault] = useState<string>();
  const add = (event: FormEvent): void => {
    event.preventDefault();
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    const named = lines.map((line) => sessionOf(line.trim()));
    const wrong = named.indexOf(null);
    if (wrong >= 0) return setFault(`Line ${wrong + 1} is no id of a session and no link to one: ${lines[wrong]?.slice(0, 60)}`);
    if (named.length === 0) return setFault('Write an id or a link to begin with');
    setFault(undefined);
    setText('');
    location.hash = boardHash([...new Set([...ids, ...named.filter((id) => id !== null)])]);
  };
  return (
    <form className="board-add" onSubmit={add}>
      <TextArea
        label="Sessions to put on the board: ids or links, one a line"
        value={text}
        fault={fault}
        hint="This page's own token is used for all of them."
        onChange={setText}
      />
      <button type="submit" className={ids.length === 0 ? 'primary' : 'more'}>
        Add
      </button>
    </form>
  );
}
