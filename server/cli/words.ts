/** What the commands print for people. */
import { formatTime, type SessionState, type SyncKairosClient } from '#client';

export const HELP = `synckairos: the same clock for everybody

A server
  synckairos start [folder]       the server with a Redis and a PostgreSQL of its own; data in ./synckairos-data
  synckairos server               one instance; REDIS_URL, DATABASE_URL and others are read from the environment
  synckairos worker               the audit worker alone
  synckairos migrate              brings the database of DATABASE_URL up to date
  synckairos audit status | retry | events <session>
  synckairos verify <session>     compares the trail of a session with what was committed
  synckairos doctor               looks at Redis, PostgreSQL, clocks, limits and versions, and says what to do

Sessions, at SYNCKAIROS_URL (or --url), with SYNCKAIROS_TOKEN (or --token)
  synckairos create <file | - | field=value …>
  synckairos watch <session>      a clock in the terminal, until the session is over
  synckairos <command> <session> [field=value …]
      any command of the protocol: get, start, switch, pause, resume, finish, adjust, extend, undo, schedule, edit,
      complete, cancel, delete, message, history, share, links, revoke; a value that is JSON is sent as such

  --json      prints what the server answers, one JSON a line
  --help, --version

Examples
  npx synckairos start
  synckairos create sync_mode=per_participant increment_ms=3000 \\
    'participants=[{"participant_id":"anna","total_time_ms":300000},{"participant_id":"ben","total_time_ms":300000}]'
  synckairos start 0199c0de-7f5a-7cc0-8f00-3c1a2b4d5e6f active_participant_id=anna
  synckairos watch 0199c0de-7f5a-7cc0-8f00-3c1a2b4d5e6f

Ends with 0; with 1 where something was refused or is wrong, after a line that says what; with 2 for a wrong use.`;

/** A session in one line: its status and everybody's clock, `▶` before the one that runs. */
export function lineOf(client: SyncKairosClient, state: SessionState): string {
  const id = state.session_id;
  const clock = (name: string, owner: Parameters<SyncKairosClient['timeLeft']>[1], runs: boolean): string =>
    `${runs ? '▶ ' : ''}${name} ${formatTime(client.timeLeft(id, owner))}`;
  const clocks =
    state.sync_mode === 'global' || state.participants.length === 0
      ? [clock('clock', undefined, state.status === 'running')]
      : state.participants.map(({ participant_id, name = participant_id, is_active }) => clock(name, { participant_id }, is_active));
  return [`${id} v${state.version} ${state.status}`, ...clocks].join('  ');
}
