import { expect } from 'chai';
import type { SessionState } from '#contract';
import type { EventRow } from '../../server/audit/event-rows.ts';
import { eventBody } from '../../server/webhooks/body.ts';

const row: EventRow = {
  session_id: 'a',
  epoch: 1n,
  version: 3,
  event_type: 'participant_expired',
  timestamp: new Date('2026-12-01T00:00:00.000Z'),
  participant_id: 'p0',
  group_id: null,
  time_elapsed_ms: 1_000n,
  time_remaining_ms: 0n,
  snapshot: null,
  changes: null,
  metadata: '{"action_applied":{"type":"skip"},"reason":"late","secret":"of the trail"}',
  previous_hash: null,
  rules: null,
};

/** A state of so many participants, as far as a message tells of it. */
function stateOf(participants: number, idLength = 1, metadata = {}): SessionState {
  const ids = Array.from({ length: participants }, (_, index) => `p${index}`.padEnd(idLength, 'x'));
  return {
    status: 'expired',
    active_participant_id: 'p0',
    deadline_at: null,
    participants: ids.map((participant_id) => ({ participant_id })),
    metadata,
  } as SessionState;
}

interface Body {
  data: Record<string, unknown> & { participant_ids?: string[]; omitted?: string[] };
}
const told = (state: SessionState | null, includeState = false, of = row) => {
  const body = eventBody(of, state, includeState);
  expect(Buffer.byteLength(body)).to.be.at.most(16_000);
  return (JSON.parse(body) as Body).data;
};

describe('bodies of webhooks', () => {
  it('WH-25 a message tells of its event, of the state after it, and of the session', () => {
    const data = told(stateOf(1, 1, { lot: 7 }));
    expect(data).to.deep.equal({
      session_id: 'a',
      epoch: 1,
      version: 3,
      participant_id: 'p0',
      group_id: null,
      time_elapsed_ms: 1_000,
      time_remaining_ms: 0,
      action_applied: { type: 'skip' },
      reason: 'late',
      status: 'expired',
      active_participant_id: 'p0',
      active_group_id: null,
      deadline_at: null,
      participant_count: 1,
      participant_ids: ['p0'],
      metadata: { lot: 7 },
    });
    expect(told(null)).to.include({ status: null, participant_count: 0 });
  });

  it('WH-25 a message has at most 16,000 bytes: what does not fit is left out, the state first, and named', () => {
    expect(told(stateOf(1), true)).to.have.property('state');
    const many = told(stateOf(1_000), true);
    expect(many.participant_ids).to.have.lengthOf(100);
    expect(many).to.include({ participant_count: 1_000 });
    expect(many.omitted).to.deep.equal(['state']);
    expect(told(stateOf(100, 128, { text: 'é'.repeat(5_000) })).omitted).to.deep.equal(['action_applied', 'metadata']);
    const long = { ...row, metadata: JSON.stringify({ action_applied: { text: 'x'.repeat(20_000) }, reason: 'y'.repeat(20_000) }) };
    expect(told(stateOf(100, 128, { text: 'x'.repeat(10_000) }), true, long)).to.include({ session_id: 'a', version: 3 });
  });

  it('WH-26 a message has no answers that the session hides for now', () => {
    const participants = [
      { participant_id: 'p0', answer: 'a secret', clock_status: 'finished' },
      { participant_id: 'p1', clock_status: 'running' },
    ];
    const running = { ...stateOf(0), status: 'running', answers: 'hidden', participants } as SessionState;
    expect(JSON.stringify(told(running, true))).not.to.contain('a secret');
    expect(JSON.stringify(told({ ...running, status: 'expired' }, true))).to.contain('a secret');
  });
});
