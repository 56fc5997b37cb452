/** What happened, newest first: when, by whom, and what it cost. */
import { formatTime, type EventType, type HistoryEvent, type JsonValue } from '@synckairos/client';
import { nameOf } from '../words.ts';
import { seconds } from './turn-chart.tsx';

const WORDS: Record<EventType, string> = {
  session_created: 'Created',
  session_started: 'Started',
  cycle_switched: 'Turn ended',
  session_paused: 'Paused',
  session_resumed: 'Resumed',
  session_adjusted: 'Time adjusted',
  participant_expired: 'Time ran out',
  session_completed: 'Finished',
  session_cancelled: 'Cancelled',
  session_deleted: 'Deleted',
  session_recovered: 'Brought back from the trail',
  session_credited: 'An outage was charged to nobody',
  session_edited: 'Changed',
  session_undone: 'Turn taken back',
  participant_started: 'Clock started',
  participant_paused: 'Clock paused',
  participant_resumed: 'Clock resumed',
  participant_finished: 'Handed in',
  session_extended: 'Extension asked for',
  session_scheduled: 'Start planned',
};

/** What happened, in a word or two. */
function wordsOf({ event_type, metadata }: HistoryEvent): string {
  if (event_type === 'session_started' && metadata['scheduled'] === true) return 'Started as planned';
  if (event_type === 'session_scheduled' && metadata['starts_at'] === null) return 'Planned start called off';
  return WORDS[event_type];
}

export function Timeline({ events }: { events: HistoryEvent[] }) {
  return (
    <ol className="timeline" reversed aria-label="Events">
      {[...events].reverse().map((event) => (
        <li key={`${event.epoch}/${event.version}`} data-type={event.event_type}>
          <time className="number" dateTime={event.timestamp}>
            {clockTime(event.timestamp)}
          </time>
          <p>
            <b>{wordsOf(event)}</b>
            {details(event).map((detail) => (
              <span key={detail}> · {detail}</span>
            ))}
          </p>
        </li>
      ))}
    </ol>
  );
}

function details(event: HistoryEvent): string[] {
  const { state_snapshot: state, time_elapsed_ms: elapsed, time_remaining_ms: left, metadata } = event;
  const who = event.participant_id ?? event.group_id;
  const actor = actorOf(metadata['actor']);
  const { reason, starts_at: planned } = metadata;
  return [
    ...(typeof planned === 'string' ? [`for ${new Date(planned).toLocaleString()}`] : []),
    ...(who === null ? [] : [nameOf(state, who)]),
    ...(elapsed !== null && elapsed > 0 ? [`${seconds(elapsed)} used`] : []),
    ...(left === null ? [] : [left < 0 ? `${formatTime(-left, 'stopwatch')} over` : `${formatTime(left)} left`]),
    ...extensionOf(event),
    ...(actor === '' ? [] : [`by ${actor}`]),
    ...(typeof reason === 'string' && reason !== '' ? [`“${reason}”`] : []),
  ];
}

/** Who asked for an extension, and by how much that moved the end. */
function extensionOf({ event_type, state_snapshot: state, metadata }: HistoryEvent): string[] {
  if (event_type !== 'session_extended') return [];
  const { participant_id: who, extended_ms: more } = metadata;
  const moved = typeof more === 'number' && more > 0 ? `${seconds(more)} more` : 'the end stays';
  return [...(typeof who === 'string' ? [`for ${nameOf(state, who)}`] : []), moved];
}

/** Who sent the command, if the server authenticates users. */
function actorOf(actor: JsonValue | undefined): string {
  if (typeof actor !== 'object' || actor === null || Array.isArray(actor)) return '';
  const { sub, participant_id: participant, role } = actor;
  return [sub, participant, role].find((name): name is string => typeof name === 'string') ?? '';
}

/** The time of day here, to the millisecond. */
function clockTime(iso: string): string {
  return `${new Date(iso).toLocaleTimeString('en-GB')}.${iso.slice(20, 23)}`;
}
