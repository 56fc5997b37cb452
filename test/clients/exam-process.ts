/** A part of the students of an exam, each with a client of their own, in a process of its own (exam.ts). */
import { SyncKairosClient } from '../../client-sdk/src/index.ts';
import { remaining } from '#clock';

/** What one student does: milliseconds after the exam began. */
export interface Student {
  id: string;
  url: string;
  startsAt: number;
  /** Undefined for one who lets the clock fall. */
  finishesAt: number | undefined;
}

export type ExamOrder = { session: string; students: Student[] } | { beginAt: number } | { look: true } | { leave: true };

/** What the students of a process saw, when they were asked. */
export interface ExamReport {
  what: 'joined' | 'seen';
  refused: string[];
  /** How far each screen is from what the state says at the true time, ms. */
  apart: number[];
  /** The versions that they know. */
  versions: number[];
}

let session = '';
let seats: { student: Student; client: SyncKairosClient }[] = [];
const refused: string[] = [];

process.on('message', (order: ExamOrder) => {
  if ('students' in order) void join(order);
  else if ('beginAt' in order) begin(order.beginAt);
  else if ('look' in order) look();
  else leave();
});

async function join(order: { session: string; students: Student[] }): Promise<void> {
  session = order.session;
  seats = order.students.map((student) => ({ student, client: new SyncKairosClient(student.url) }));
  for (const { client } of seats) client.connectWebSocket(session, () => {});
  await Promise.all(seats.map(async ({ client }) => isSynced(client)));
  tell({ what: 'joined', refused, apart: [], versions: [] });
}

async function isSynced(client: SyncKairosClient): Promise<void> {
  const isReady = () => client.getClockStatus().state !== 'syncing' && client.session(session).getSnapshot() !== null;
  if (isReady()) return;
  await new Promise<void>((resolve) => {
    const ends = [client.session(session).subscribe(ready), client.on('timeSynced', ready)];
    function ready(): void {
      if (!isReady()) return;
      for (const end of ends) end();
      resolve();
    }
  });
}

function begin(beginAt: number): void {
  for (const { student, client } of seats) {
    const send = (command: () => Promise<unknown>, at: number) =>
      setTimeout(
        () => void command().catch((error: unknown) => refused.push(`${student.id}: ${String(error)}`)),
        beginAt + at - Date.now(),
      );
    send(() => client.startParticipant(session, student.id), student.startsAt);
    if (student.finishesAt !== undefined) send(() => client.finish(session, student.id, { answer: student.id }), student.finishesAt);
  }
}

function look(): void {
  const apart: number[] = [];
  const versions: number[] = [];
  for (const { student, client } of seats) {
    const state = client.session(session).getSnapshot();
    const now = Date.now();
    const shown = client.getParticipantTime(session, student.id);
    const true_ms = state === null ? null : remaining(state, { participant_id: student.id }, now);
    if (shown !== null && true_ms !== null) apart.push(Math.abs(shown - true_ms));
    versions.push(state?.version ?? 0);
  }
  tell({ what: 'seen', refused, apart, versions });
}

function leave(): void {
  for (const { client } of seats) client.disconnect();
  process.disconnect?.();
}

function tell(report: ExamReport): void {
  process.send?.(report);
}
