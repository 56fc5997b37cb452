import { expect } from 'chai';
import type { CommandName, SessionState } from '#contract';
import { type App } from '../../server/app.ts';
import { createKeys } from '../../server/store/keys.ts';
import { chess } from '../kit/games.ts';
import { type Cluster, openCluster } from '../kit/server.ts';
import type { TestClient } from '../kit/socket-client.ts';

describe('checks of a command', () => {
  let cluster: Cluster;
  let app: App;
  let player: TestClient;
  before(async () => {
    cluster = await openCluster();
    app = await cluster.instance();
    player = await cluster.client(app);
  });
  after(() => cluster.close());

  const game = async () => (await player.ok('session:create', chess())).session_id;
  const runningGame = async () => {
    const session_id = await game();
    await player.ok('session:start', { session_id });
    return session_id;
  };
  const stateOf = (session_id: string) => player.ok('session:get', { session_id });

  describe('expected_version', () => {
    it('C-40 a command with an expected_version changes only that version, and is otherwise refused with the present state', async () => {
      const session_id = await runningGame();
      const error = await player.refused('CONFLICT', 'session:switch', { session_id, expected_version: 1 });
      expect(error.details).to.deep.equal({ expected_version: 1, actual_version: 2, state: await stateOf(session_id) });
      expect(error.retryable).to.equal(false);
      expect((await player.ok('session:switch', { session_id, expected_version: 2 })).version).to.equal(3);
    });

    it('C-40 every command on a session checks its expected_version', async () => {
      const session_id = await runningGame();
      const names: CommandName[] = ['session:get', 'session:join', 'session:start', 'session:switch', 'session:pause', 'session:resume'];
      for (const name of [...names, 'session:complete', 'session:cancel', 'session:delete'] as 'session:get'[]) {
        await player.refused('CONFLICT', name, { session_id, expected_version: 9 });
      }
      await player.refused('CONFLICT', 'session:message', { session_id, message: 1, expected_version: 9 });
      expect(await stateOf(session_id)).to.include({ version: 2, status: 'running' });
    });
  });

  describe('the guard of a switch', () => {
    it('C-41 the guard refuses a participant who is not active, and names the active one', async () => {
      const session_id = await runningGame();
      const error = await player.refused('NOT_ACTIVE_PARTICIPANT', 'session:switch', { session_id, current_participant_id: 'black' });
      expect(error.details).to.deep.equal({ active_participant_id: 'white', state: await stateOf(session_id) });
      await player.refused('PARTICIPANT_NOT_FOUND', 'session:switch', { session_id, current_participant_id: 'grey' });
      await player.refused('PARTICIPANT_NOT_FOUND', 'session:switch', { session_id, next_participant_id: 'grey' });
      expect((await stateOf(session_id)).version).to.equal(2);
    });

    it('C-41 current_participant_id makes a double click one switch', async () => {
      const session_id = await runningGame();
      const click = () => player.command('session:switch', { session_id, current_participant_id: 'white' });
      const replies = await Promise.all([click(), click(), click()]);
      expect(replies.filter((reply) => reply.ok)).to.have.length(1);
      for (const reply of replies) if (!reply.ok) expect(reply.error.code).to.equal('NOT_ACTIVE_PARTICIPANT');
      expect((await stateOf(session_id)).version).to.equal(3);
    });
  });

  describe('their order', () => {
    it('C-42 the order of checks is schema, replay, existence, expected_version, status, current participant, next participant', async () => {
      const session_id = await game();
      const everythingWrong = { session_id, expected_version: 7, current_participant_id: 'grey', next_participant_id: 'grey' };
      await player.refused('VALIDATION_ERROR', 'session:switch', { ...everythingWrong, surplus: 1 } as never);
      await player.ok('session:start', { session_id, command_id: 'used' });
      await player.refused('IDEMPOTENCY_MISMATCH', 'session:switch', { ...everythingWrong, command_id: 'used' });
      await player.refused('SESSION_NOT_FOUND', 'session:switch', { ...everythingWrong, session_id: chess().session_id });
      await player.refused('CONFLICT', 'session:switch', everythingWrong);
      await player.ok('session:pause', { session_id });
      const now = { ...everythingWrong, expected_version: 3 };
      await player.refused('INVALID_STATE_TRANSITION', 'session:switch', now);
      await player.ok('session:resume', { session_id });
      const resumed = { ...everythingWrong, expected_version: 4 };
      await player.refused('PARTICIPANT_NOT_FOUND', 'session:switch', resumed);
      await player.refused('NOT_ACTIVE_PARTICIPANT', 'session:switch', { ...resumed, current_participant_id: 'black' });
      await player.refused('PARTICIPANT_NOT_FOUND', 'session:switch', { ...resumed, current_participant_id: 'white' });
      expect(
        (await player.ok('session:switch', { session_id, current_participant_id: 'white', next_participant_id: 'white' })).version,
      ).to.equal(5);
    });
  });

  describe('command_id', () => {
    it('C-50 a repetition is answered with the present state and replayed: true, and changes nothing', async () => {
      const session_id = await runningGame();
      const first = await player.success('session:switch', { session_id, command_id: 'move-1' });
      expect(first).to.not.have.any.keys('replayed', 'applied_version');
      await player.ok('session:pause', { session_id });
      const again = await player.success('session:switch', { session_id, command_id: 'move-1' });
      expect(again).to.include({ replayed: true, applied_version: 3 });
      expect(again.data).to.include({ version: 4, status: 'paused', active_participant_id: 'black' });
      expect((await stateOf(session_id)).version).to.equal(4);
    });

    it('C-50 a command_id works for every command that changes something', async () => {
      const { session_id } = chess();
      const twice = async <Name extends CommandName>(name: Name, more: object = {}) => {
        const payload = { session_id, command_id: `id-of-${name}`, ...more } as never;
        await player.ok(name, payload);
        return player.success(name, payload);
      };
      expect(await twice('session:create', chess({ session_id }))).to.include({ replayed: true, applied_version: 1 });
      expect(await twice('session:start')).to.include({ replayed: true, applied_version: 2 });
      expect(await twice('session:switch', { current_participant_id: 'white' })).to.include({ replayed: true, applied_version: 3 });
      expect(await twice('session:pause')).to.include({ replayed: true, applied_version: 4 });
      expect(await twice('session:resume')).to.include({ replayed: true, applied_version: 5 });
      expect(await twice('session:complete')).to.include({ replayed: true, applied_version: 6 });
      expect(await twice('session:delete')).to.include({ replayed: true, applied_version: 7 });
    });

    it('C-50 a repetition may have its fields in another order', async () => {
      const session_id = await runningGame();
      await player.ok('session:switch', { session_id, command_id: 'c', current_participant_id: 'white', next_participant_id: 'black' });
      const again = { next_participant_id: 'black', current_participant_id: 'white', command_id: 'c', session_id };
      expect(await player.success('session:switch', again)).to.include({ replayed: true });
    });

    it('C-51 a command_id that is reused for another command is refused', async () => {
      const session_id = await runningGame();
      await player.ok('session:switch', { session_id, command_id: 'c' });
      await player.refused('IDEMPOTENCY_MISMATCH', 'session:pause', { session_id, command_id: 'c' });
      await player.refused('IDEMPOTENCY_MISMATCH', 'session:switch', { session_id, command_id: 'c', next_participant_id: 'white' });
      await player.refused('IDEMPOTENCY_MISMATCH', 'session:message', { session_id, command_id: 'c', message: 'm' });
      expect((await stateOf(session_id)).version).to.equal(3);
    });

    it('C-51 a command_id belongs to one session', async () => {
      const [one, two] = [await runningGame(), await runningGame()];
      for (const session_id of [one, two]) {
        expect(await player.success('session:switch', { session_id, command_id: 'shared' })).to.not.have.property('replayed');
      }
    });

    it('C-52 the command_id of a refused command is not stored', async () => {
      const session_id = await game();
      await player.refused('INVALID_STATE_TRANSITION', 'session:switch', { session_id, command_id: 'c' });
      await player.ok('session:start', { session_id });
      expect(await player.success('session:switch', { session_id, command_id: 'c' })).to.not.have.property('replayed');
    });

    it('C-52 the command_id of a success is stored for at least ten minutes', async () => {
      const session_id = await game();
      await player.ok('session:start', { session_id, command_id: 'remembered' });
      const key = createKeys(cluster.settings.KEY_PREFIX).session(session_id).command({ id: 'remembered' });
      expect(await cluster.redis().pttl(key)).to.be.greaterThan(10 * 60_000);
    });

    it('C-53 a repeated message is sent to the room once', async () => {
      const session_id = await game();
      const send = () => player.success('session:message', { session_id, message: 'hello', command_id: 'm' });
      const replies = await Promise.all([send(), send(), send()]);
      expect(replies.filter((reply) => reply.replayed)).to.have.length(2);
      await player.ok('session:message', { session_id, message: 'last' });
      await player.next('session:message', (event) => event.message === 'last');
      expect(player.seen('session:message').filter((event) => event.session_id === session_id)).to.have.length(1);
    });

    it('C-55 a message is refused if a deletion or another version was committed before it', async () => {
      for (let round = 0; round < 40; round++) {
        const session_id = await runningGame();
        const order: string[] = [];
        const note = (event: string, body: { session_id: string }) => body.session_id === session_id && order.push(event);
        player.socket.onAny(note);
        const [overtaker, guard] =
          round % 2 === 0 ? (['session:delete', {}] as const) : (['session:pause', { expected_version: 2 }] as const);
        const sent = player.command('session:message', { session_id, message: 'gg', ...guard });
        await player.ok(overtaker, { session_id });
        const reply = await sent;
        const end = round % 2 === 0 ? 'session:deleted' : 'session:update';
        await player.next(end, (event) => event.session_id === session_id && event.version === 3);
        player.socket.offAny(note);
        if (reply.ok) expect(order).to.include('session:message');
        else expect(reply.error.code).to.equal(round % 2 === 0 ? 'SESSION_NOT_FOUND' : 'CONFLICT');
      }
    });

    it('C-56 a late repetition never touches a game that was created after a deletion', async () => {
      const { session_id } = await player.ok('session:create', chess());
      const late = [
        ['session:start', { session_id, command_id: 'start' }],
        ['session:delete', { session_id, command_id: 'delete' }],
      ] as const;
      for (const [command, payload] of late) await player.ok(command, payload);
      const next = await player.ok('session:create', chess({ session_id }));
      // Late repetitions are answered as if there were no session: the start is refused, the deletion succeeds.
      await player.refused('SESSION_NOT_FOUND', ...late[0]);
      expect(await player.success(...late[1])).to.deep.include({ replayed: true, applied_version: 3, data: {} });
      expect(await stateOf(session_id)).to.deep.equal(next);
    });

    it('C-54 a repeated create is answered with the present state of the game, whatever happened since', async () => {
      const given = chess({ command_id: 'c', metadata: { round: 1 } });
      await player.ok('session:create', given);
      const running: SessionState = await player.ok('session:start', { session_id: given.session_id });
      const again = await player.success('session:create', given);
      expect(again).to.deep.include({ replayed: true, applied_version: 1, data: running });
      await player.refused('IDEMPOTENCY_MISMATCH', 'session:create', { ...given, metadata: { round: 2 } });
      await player.refused('SESSION_EXISTS', 'session:create', { ...given, command_id: 'another' });
    });
  });
});
