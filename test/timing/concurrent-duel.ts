import { expect } from 'chai';
import { predictStart } from '#clock';
import type { CreatePayload, SessionState } from '#contract';
import { catchUp } from '../../server/domain/catch-up.ts';
import { create } from '../../server/domain/create.ts';
import { decide } from '../../server/domain/decide.ts';
import type { SessionEvent } from '../../server/domain/event.ts';
import type { Outage } from '../../server/domain/outage.ts';
import { isScheduledStart } from '../../server/domain/scheduled-start.ts';
import { shown, shownSeats, told, toldSeats } from './hall-picture.ts';
import { checkReplay } from './laws.ts';
import { ORIGIN } from './random-games.ts';
import { commandOf, type Order } from './random-halls.ts';
import { Hall } from './reference-hall.ts';

/** Plays the same on the server's rules and on the reference, and compares after each event. */
export function playHall(game: CreatePayload, given: readonly Order[]): SessionEvent[] {
  const created = create({ ...game, session_id: 'hall' }, ORIGIN);
  if (!created.ok) throw new Error(created.message);
  const hall = new Hall(game, ORIGIN);
  const events = [created.event];
  const outages: Outage[] = [];
  let { state } = created.event;
  let now = ORIGIN;
  const add = (event: SessionEvent): void => {
    // A client shows a planned start at its instant, before the server has said so.
    if (isScheduledStart(event)) {
      expect(predictStart(state, event.at - 1)).to.equal(null);
      expect(predictStart(state, event.at + 1)).to.deep.equal({ ...event.state, version: state.version });
    }
    events.push(event);
    state = event.state;
  };
  const catchUpTo = (until: number): void => {
    for (const event of catchUp(state, until, outages)) add(event);
  };
  for (const { after, behind, command: drawn } of given) {
    now += after;
    hall.pass(now);
    catchUpTo(now);
    if (drawn.type === 'outage') {
      outages.push({ from: now, to: now + drawn.ms });
      hall.outage(drawn.ms);
      now += drawn.ms;
      catchUpTo(now);
    } else {
      const order = commandOf(drawn, hall);
      const arrival = Math.max(ORIGIN, now - behind);
      const decision = decide(state, order, order.type === 'finish' ? arrival : now);
      // Whoever decides a command that arrived earlier records it no earlier than the last event.
      const isEarly = order.type === 'finish' && Math.max(arrival, Date.parse(state.updated_at)) < now;
      if (isEarly) continue;
      const effect = hall.play(order, arrival);
      expect(decision.ok, `${JSON.stringify(order)} at ${now - ORIGIN}`).to.equal(effect);
      if (decision.ok) add(decision.event);
      // Whoever returns after their closing falls at that very instant.
      catchUpTo(now);
    }
    compare(hall, state, events);
  }
  checkReplay(events);
  return events;
}

function compare(hall: Hall, state: SessionState, events: readonly SessionEvent[]): void {
  expect(events.map(({ event_type, at }) => `${event_type} ${at - ORIGIN}`)).to.deep.equal(
    hall.notes.map(({ type, at }) => `${type} ${at - ORIGIN}`),
  );
  expect(shown(state)).to.deep.equal(told(hall));
  for (const [n, { ids }] of hall.notes.entries()) {
    const { metadata, participant_id } = events[n] ?? {};
    if (ids.length > 0) expect(metadata?.['participant_ids'] ?? [participant_id]).to.deep.equal(ids);
  }
  if (Date.parse(state.updated_at) !== hall.now) return;
  expect(shownSeats(state)).to.deep.equal(toldSeats(hall));
}
