/** Where a time control is tried: what becomes of every clock, turn by turn. It asks no server. */
import { formatTimeControl, playThrough, type TimeControl } from '@synckairos/client';
import { useMemo, useState } from 'react';
import { controlWords, readControl } from '../setup/control-words.ts';
import { parseDuration } from '../setup/duration.ts';
import { SelectField, TextField } from '../setup/fields.tsx';
import { ClocksAt } from './clocks-at.tsx';
import { TimeLine } from './time-line.tsx';
import { parseTurns } from './turn-list.ts';
import { TurnTable } from './turn-table.tsx';
import '../styles/playground.css';

const PLAYERS = { '2': 'Two', '3': 'Three', '4': 'Four' };
const MINUTE = 60_000;
const CONTROL = '10 5x30 byo-yomi';
const TURNS = '2 min, 1 min, 4 min, 3 min, 3:40, 5:00, 0:45, 2 min, 0:20, 1 min, 0:10, 0:40';

export function PlaygroundPage({ written }: { written: string | undefined }) {
  const [control, setControl] = useState(written ?? CONTROL);
  const [lengths, setLengths] = useState(TURNS);
  const [overtime, setOvertime] = useState('');
  const [players, setPlayers] = useState<keyof typeof PLAYERS>('2');
  const read = useMemo(() => readControl(control), [control]);
  const listed = useMemo(() => parseTurns(lengths), [lengths]);
  const overrun = overtime.trim() === '' ? 0 : parseDuration(overtime, MINUTE);
  const overtimeFault = faultOfOvertime(overrun, read.control);
  return (
    <main className="playground">
      <header className="game-head">
        <a className="home" href="#/" aria-label="SyncKairos: new game">
          <img src="favicon.svg" alt="" width="28" height="28" />
        </a>
        <h1>Playground of time controls</h1>
      </header>
      <section className="card playground-form" aria-label="What is played">
        <TextField
          label="Time control"
          value={control}
          hint={read.control === undefined ? '' : controlWords(read.control)}
          fault={read.fault}
          onChange={setControl}
        />
        <TextField
          label="Lengths of the turns"
          value={lengths}
          hint="One after the other, by all players in turn: 0:30, 2 min, 10x 0:20"
          fault={listed.fault}
          onChange={setLengths}
        />
        <TextField
          label="Overtime after zero"
          value={overtime}
          placeholder="none"
          hint="The clock goes on below zero for so long"
          fault={overtimeFault}
          onChange={setOvertime}
        />
        <SelectField label="Players" value={players} options={PLAYERS} fault={undefined} onChange={setPlayers} />
      </section>
      {read.control !== undefined && listed.turns !== undefined && overtimeFault === undefined && (
        <Playthrough control={read.control} lengths={listed.turns} players={Number(players)} overrun={overrun ?? 0} />
      )}
    </main>
  );
}

/** What is wrong with an overtime; undefined for nothing. */
function faultOfOvertime(overrun: number | null, control: TimeControl | undefined): string | undefined {
  if (overrun === null || overrun < 0) return 'Write how long, such as 10:00 or 30 s.';
  const hasOther = control?.hourglass === true || control?.stages.some(({ byoyomi, canadian }) => byoyomi ?? canadian);
  return overrun > 0 && hasOther ? 'Not beside periods, time for some moves, or an hourglass.' : undefined;
}

interface PlaythroughProps {
  control: TimeControl;
  lengths: number[];
  players: number;
  /** How far clocks go on below zero, ms. */
  overrun: number;
}

function Playthrough({ control, lengths, players, overrun }: PlaythroughProps) {
  const turns = useMemo(() => playThrough(control, lengths, { players, overrun_ms: overrun }), [control, lengths, players, overrun]);
  const end = turns[turns.length - 1]?.ends_at ?? 0;
  const [chosen, choose] = useState(end);
  // What was chosen of a longer game is not there any more.
  const at = Math.min(chosen, end);
  if (turns.length === 0) return <p className="operator-note">No turn yet.</p>;
  return (
    <>
      <TimeLine turns={turns} at={at} />
      <ClocksAt turns={turns} at={at} onChange={choose} />
      <TurnTable turns={turns} />
      <details className="playground-json">
        <summary>For programs</summary>
        <p>
          In seconds: <code>{formatTimeControl(control) ?? 'no notation'}</code>
        </p>
        <pre tabIndex={0}>{JSON.stringify({ time_control: control, ...(overrun > 0 ? { overrun_ms: overrun } : {}) }, null, 2)}</pre>
      </details>
    </>
  );
}
