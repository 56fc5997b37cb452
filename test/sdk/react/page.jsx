// A page for the tests of the hooks. The address says what to show:
// #api=<url>&id=<session>&other=<session>&guard=<ms>&clocks=<how many>
import { formatTime, SyncKairosClient } from '@synckairos/client';
import { SyncKairosProvider, useCountdown, useNow, useProgramme, useSession, useStopwatch, useSyncKairos } from '@synckairos/client/react';
import { memo, StrictMode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';

const asked = new URLSearchParams(location.hash.slice(1));
const client = new SyncKairosClient(asked.get('api'));
const sessionId = asked.get('id');
const WHITE = { participant_id: 'white' };
globalThis.client = client;
const wrongBy = () => globalThis.wrongBy ?? 0;
/** What each clock showed, commit by commit. */
globalThis.commits = {};

const Clock = memo(function Clock({ name, who }) {
  const left = useCountdown(client, sessionId, who);
  const text = left === null ? '–' : formatTime(left);
  useEffect(() => {
    (globalThis.commits[name] ??= []).push(text);
  });
  return <output id={name}>{text}</output>;
});

function Stopwatch() {
  const used = useStopwatch(sessionId);
  return <output id="used">{used === null ? '–' : formatTime(used, 'stopwatch')}</output>;
}

/** By how many minutes it is behind, and how long each item takes. */
function Agenda() {
  const programme = useProgramme(sessionId);
  const minutes = (ms) => Math.round(ms / 60_000);
  const lengths = programme?.items.map(({ starts_at, ends_at }) => minutes(Date.parse(ends_at) - Date.parse(starts_at)));
  return <output id="programme">{programme === null ? 'none' : `${minutes(programme.behind_ms)}: ${lengths.join(' ')}`}</output>;
}

/** Commands that have no button of their own, with the client of the provider. */
function Desk() {
  const { commands, error } = useSession(sessionId);
  const [answer, setAnswer] = useState('none');
  const give = async (who) => setAnswer(String((await commands.adjustTime(60_000, who))?.version));
  return (
    <p id="desk">
      <button id="give" onClick={() => void give('white')}>
        give
      </button>
      <button id="give-nobody" onClick={() => void give('nobody')}>
        give nobody
      </button>
      <output id="answer">{answer}</output>
      <output id="refused">{error?.code ?? 'none'}</output>
    </p>
  );
}

function Game() {
  const [shown, setShown] = useState(sessionId);
  const options = asked.has('guard') ? { pressGuardMs: Number(asked.get('guard')) } : undefined;
  const game = useSyncKairos(shown, client, asked.get('player') ?? undefined, options);
  const seconds = Math.floor(useNow() / 1_000);
  return (
    <section data-seconds={seconds}>
      <p id="status">{game.status ?? 'none'}</p>
      <p id="active">{game.activeParticipantId ?? 'nobody'}</p>
      <p id="connected">{String(game.isConnected)}</p>
      <p id="connection">{game.connection}</p>
      <p id="error">{game.error?.code ?? 'none'}</p>
      <p id="times">{Object.keys(game.getAllParticipantTimes()).join(' ')}</p>
      {['startSession', 'switchCycle', 'pauseSession', 'resumeSession', 'completeSession'].map((name) => (
        <button key={name} id={name} onClick={() => void game[name]()}>
          {name}
        </button>
      ))}
      <button id="other" onClick={() => setShown(asked.get('other'))}>
        other
      </button>
      <button id="careless" onClick={(event) => void game.switchCycle(event)}>
        careless
      </button>
      {['startSession', 'pauseSession', 'resumeSession', 'completeSession'].map((name) => (
        <button key={name} id={`${name}-at`} onClick={() => void game[name]({ expected_version: game.sessionState.version + wrongBy() })}>
          {name} at
        </button>
      ))}
      <button
        id="switchCycle-at"
        onClick={() => void game.switchCycle(undefined, { expected_version: game.sessionState.version + wrongBy() })}
      >
        switchCycle at
      </button>
      <button id="plain" onClick={(event) => void game.pauseSession(event)}>
        plain
      </button>
      <Clock name="white" who={WHITE} />
      <Clock name="black" who="black" />
      <Stopwatch />
      <Agenda />
      <Desk />
    </section>
  );
}

function Page() {
  const [there, setThere] = useState(true);
  const many = Number(asked.get('clocks') ?? 0);
  return (
    <>
      <button id="toggle" onClick={() => setThere(!there)}>
        {there ? 'away' : 'back'}
      </button>
      {there && many === 0 && <Game />}
      {there && Array.from({ length: many }, (_, n) => <Clock key={n} name={`clock-${n}`} who={`p${n}`} />)}
    </>
  );
}

createRoot(document.body.appendChild(document.createElement('div'))).render(
  <StrictMode>
    <SyncKairosProvider client={client}>
      <Page />
    </SyncKairosProvider>
  </StrictMode>,
);
