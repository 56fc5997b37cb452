/** A picture of a game: its title, its result, the clocks as they stand, and what each turn took. */
import { formatTime, type SessionState, type SyncKairosClient } from '@synckairos/client';
import { type Face, facesOf } from '../game/faces.ts';
import { standingOf } from '../game/result.ts';
import { inOrder } from '../trade.ts';
import { titleOf } from '../words.ts';
import type { Turn } from './turns.ts';

const WIDTH = 1_200;
const HEIGHT = 675;
const MARGIN = 60;
const CHART = { top: 390, height: 200 };
/** More clocks have no room. */
const MOST_CLOCKS = 6;
const PAPER = '#fffefb';
const INK = '#1b2326';
const SOFT = '#5b666a';
const SERIES = ['#1a8a82', '#d2703a', '#5d7fd6', '#b3892b', '#a160b8', '#7d8a8e'];
const FONT = 'ui-sans-serif, system-ui, sans-serif';

/** The picture as a PNG; null where the browser can't draw. */
export function pictureOf(client: SyncKairosClient, state: SessionState, turns: readonly Turn[]): Promise<Blob | null> {
  const canvas = document.createElement('canvas');
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const pen = canvas.getContext('2d');
  if (pen === null) return Promise.resolve(null);
  pen.fillStyle = PAPER;
  pen.fillRect(0, 0, WIDTH, HEIGHT);
  const write = (text: string, x: number, y: number, size: number, room: number, colour = INK): void => {
    pen.fillStyle = colour;
    pen.font = `${size}px ${FONT}`;
    pen.fillText(text, x, y, room);
  };
  const inner = WIDTH - 2 * MARGIN;
  write(titleOf(state), MARGIN, 100, 44, inner);
  write(`${standingOf(state)} · ${new Date(state.created_at).toLocaleDateString()}`, MARGIN, 150, 26, inner, SOFT);
  const faces = facesOf(state).slice(0, MOST_CLOCKS);
  const room = inner / Math.max(faces.length, 1);
  for (const [index, face] of faces.entries()) {
    const x = MARGIN + index * room;
    write(face.name, x, 220, 28, room - 20, SERIES[index % SERIES.length]);
    write(timeOf(client, state, face), x, 305, 80, room - 20);
  }
  chart(pen, state, turns);
  write(turns.length === 0 ? '' : 'Time used in each turn', MARGIN, HEIGHT - 50, 20, inner, SOFT);
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
}

function timeOf(client: SyncKairosClient, state: SessionState, { who, counts }: Face): string {
  const left = client.getParticipantTime(state.session_id, who);
  if (counts === 'up') return formatTime(state.total_time_ms ?? 0, 'stopwatch');
  return left === null ? '–' : formatTime(left);
}

function chart(pen: CanvasRenderingContext2D, state: SessionState, turns: readonly Turn[]): void {
  const longest = Math.max(...turns.map(({ usedMs }) => usedMs), 1);
  const order = inOrder(state).map((player) => player.participant_id);
  const step = Math.min(40, (WIDTH - 2 * MARGIN) / Math.max(turns.length, 1));
  for (const [index, { who, usedMs }] of turns.entries()) {
    const height = Math.max(2, (usedMs / longest) * CHART.height);
    pen.fillStyle = SERIES[Math.max(0, who === null ? 0 : order.indexOf(who)) % SERIES.length] ?? INK;
    pen.fillRect(MARGIN + index * step, CHART.top + CHART.height - height, Math.max(1, step * 0.8), height);
  }
}
