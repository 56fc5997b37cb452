import { expect } from 'chai';
import type { CreatePayload, SessionState } from '#contract';
import { applyChanges } from '#clock';
import { create } from '../../server/domain/create.ts';
import type { TimerCommand } from '../../server/domain/decide.ts';
import { changesTold, EVERY_ANSWER, metadataShownTo, shownTo } from '../../server/domain/told.ts';
import { checkReplay } from './laws.ts';
import { at, faultOf, Match, MINUTE, SECOND, unix } from './match.ts';

const three = ['ann', 'ben', 'cem'].map((participant_id) => ({ participant_id }));
const quiz = (change: Partial<CreatePayload> = {}) =>
  Match.started({
    sync_mode: 'per_cycle',
    concurrent: true,
    time_per_cycle_ms: 20 * SECOND,
    answers: 'hidden',
    participants: three,
    ...change,
  });
const finish = (participant_id: string, answer?: string): TimerCommand => ({ type: 'finish', participant_id, answer });
const answers = ({ participants }: SessionState) => participants.map(({ answer }) => answer ?? null);
const seenBy = (game: Match, reader: Parameters<typeof shownTo>[1]) => answers(shownTo(game.state, reader));

describe('answers that are hidden until their cycle has ended', () => {
  it('CC-70 while a cycle runs, a hidden answer is shown to its own participant and to who sees all, and to nobody else', () => {
    const game = quiz()
      .play(SECOND, finish('ann', 'a'))
      .play(2 * SECOND, finish('ben', 'b'));
    const shown = () => ['cem', undefined, 'ann', EVERY_ANSWER].map((reader) => seenBy(game, reader as string));
    const hidden = [
      [null, null, null],
      [null, null, null],
      ['a', null, null],
      ['a', 'b', null],
    ];
    expect(shown()).to.deep.equal(hidden);
    game.play(3 * SECOND, { type: 'pause' });
    expect(shown()).to.deep.equal(hidden);
    expect(shownTo(game.state, undefined).participants[0]).to.include({ clock_status: 'finished', finished_at: at(SECOND) });
    expect(shownTo(game.state, 'cem'), 'one text for all who see none').to.equal(shownTo(game.state, undefined));
    const open = quiz({ answers: undefined }).play(SECOND, finish('ann', 'a'));
    expect(shownTo(open.state, undefined)).to.equal(open.state);
    expect(open.state).not.to.have.property('answers');
  });

  it('CC-71 however a cycle ends, the event that ends it names its answers, and from then on everybody sees them', () => {
    const ends: [string, (game: Match) => Match][] = [
      ['the last finish', (game) => game.play(2 * SECOND, finish('ben')).play(3 * SECOND, finish('cem', 'c'))],
      ['time that runs out', (game) => game.pass(MINUTE)],
      ['complete', (game) => game.play(3 * SECOND, { type: 'complete' })],
      ['cancel', (game) => game.play(3 * SECOND, { type: 'cancel' })],
    ];
    for (const [end, play] of ends) {
      const game = play(quiz().play(SECOND, finish('ann', 'a')));
      const last = { participant_id: 'cem', finished_at: at(3 * SECOND), answer: 'c' };
      expect(game.last.metadata['answers'], end).to.deep.equal([
        { participant_id: 'ann', finished_at: at(SECOND), answer: 'a' },
        ...(end === 'the last finish' ? [last] : []),
      ]);
      expect(seenBy(game, undefined)[0], end).to.equal('a');
      const before = game.events.slice(0, -1);
      expect(
        before.some(({ metadata }) => 'answers' in metadata),
        end,
      ).to.equal(false);
      checkReplay(game.events);
    }
    const fell = quiz({ action_on_timeout: { type: 'end_session' } })
      .play(SECOND, finish('ann', 'a'))
      .pass(MINUTE);
    expect(fell.last.metadata['answers']).to.have.lengthOf(1);
    const exam = quiz({ sync_mode: 'per_participant', participants: three.map((one) => ({ ...one, total_time_ms: MINUTE })) });
    exam.play(SECOND, finish('ann', 'a')).play(2 * SECOND, finish('ben', 'b'));
    expect(seenBy(exam, undefined)).to.deep.equal([null, null, null]);
    expect(exam.pass(2 * MINUTE).last.metadata['answers']).to.have.lengthOf(2);
    checkReplay(exam.events);
  });

  it('CC-72 the next cycle begins without answers, also in the same version, and shows none of the last one', () => {
    for (const auto_advance of [false, true]) {
      const game = quiz({ auto_advance })
        .play(SECOND, finish('ann', 'a'))
        .play(SECOND + 1, finish('ben', 'b'));
      game.play(2 * SECOND, finish('cem', 'c'));
      expect((game.last.metadata['answers'] as object[]).length).to.equal(3);
      expect(seenBy(game, undefined)).to.deep.equal(auto_advance ? [null, null, null] : ['a', 'b', 'c']);
      if (auto_advance) continue;
      game.play(3 * SECOND, { type: 'switch' });
      expect(game.last.metadata, 'told once').not.to.have.property('answers');
      expect(seenBy(game, EVERY_ANSWER)).to.deep.equal([null, null, null]);
    }
    const closing = [{ participant_id: 'ann', closes_at: at(2 * SECOND) }, ...three.slice(1)];
    const game = quiz({ participants: closing })
      .play(SECOND, finish('ann', 'a'))
      .play(3 * SECOND, { type: 'switch' });
    expect(game.who('ann').clock_status, 'closed for good').to.equal('finished');
    expect(seenBy(game, EVERY_ANSWER)).to.deep.equal([null, null, null]);
  });

  it('CC-73 a finish whose answer is hidden says so, and tells neither it nor its command_id to who may not see it', () => {
    const game = quiz().play(SECOND, finish('ann', 'a'));
    const metadata = { ...game.last.metadata, command_id: 'x' };
    expect(metadata).to.deep.equal({ finished_at: at(SECOND), answer: 'a', hidden: true, command_id: 'x' });
    for (const reader of ['ann', EVERY_ANSWER] as const) expect(metadataShownTo(metadata, 'ann', reader)).to.equal(metadata);
    for (const reader of ['ben', undefined]) {
      expect(metadataShownTo(metadata, 'ann', reader)).to.deep.equal({ finished_at: at(SECOND), hidden: true });
    }
  });

  it('CC-74 changes tell hidden answers when everybody may see them, and take them away from who saw them before', () => {
    const all = Array.from({ length: 12 }, (_, n) => ({ participant_id: `p${n}` }));
    for (const auto_advance of [false, true]) {
      const game = quiz({ participants: all, auto_advance });
      let [viewer, host] = [game.state, game.state];
      for (const [n, { participant_id }] of all.entries()) {
        const before = game.state;
        game.play((n + 1) * SECOND, finish(participant_id, `of ${participant_id}`));
        const changes = changesTold(before, game.state);
        if (n < 11) expect(JSON.stringify(changes)).not.to.contain('of p');
        viewer = applyChanges(viewer, changes);
        expect(viewer, participant_id).to.deep.equal(shownTo(game.state, undefined));
        // The host read the whole state after the third answer.
        host = n === 2 ? game.state : applyChanges(host, changes);
      }
      expect(host).to.deep.equal(game.state);
      const before = game.state;
      game.play(13 * SECOND, { type: 'switch' });
      expect(applyChanges(host, changesTold(before, game.state))).to.deep.equal(game.state);
      expect(applyChanges(viewer, changesTold(before, game.state))).to.deep.equal(game.state);
    }
  });

  it('CC-75 a session that is not concurrent can hide no answers', () => {
    const plain = create({ session_id: 'plain', sync_mode: 'per_cycle', time_per_cycle_ms: 1_000, answers: 'hidden' }, unix(0));
    expect(plain.ok ? '' : faultOf(plain)).to.equal('answers: unsupported');
  });
});
