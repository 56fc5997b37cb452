import { expect } from 'chai';
import type { CallOptions, SyncKairosClient, SyncKairosError } from '../../client-sdk/src/index.ts';
import { JWT, sovereign } from '../access/kit.ts';
import { chess } from '../kit/games.ts';
import { Stage } from './kit.ts';

describe('SDK: commands that mean one version', () => {
  let stage: Stage;
  beforeEach(() => (stage = new Stage()));
  afterEach(() => stage.close());

  /** Every command, in an order in which all of them succeed. */
  const COMMANDS: Record<string, (client: SyncKairosClient, id: string, options: CallOptions) => Promise<unknown>> = {
    startSession: (client, id, options) => client.startSession(id, undefined, options),
    switchCycle: (client, id, options) => client.switchCycle(id, undefined, undefined, options),
    'switchCycle of somebody': (client, id, options) => client.switchCycle(id, 'black', 'white', options),
    adjustTime: (client, id, options) => client.adjustTime(id, 5_000, 'white', 'noise', options),
    pauseSession: (client, id, options) => client.pauseSession(id, options),
    resumeSession: (client, id, options) => client.resumeSession(id, options),
    sendMessage: (client, id, options) => client.sendMessage(id, 'hello', options),
    shareSession: (client, id, options) => client.shareSession(id, { role: 'viewer' }, options),
    revokeShare: async (client, id, options) => client.revokeShare(id, (await client.getShareLinks(id))[0]?.link_id ?? 'none', options),
    completeSession: (client, id, options) => client.completeSession(id, options),
    deleteSession: (client, id, options) => client.deleteSession(id, options),
  };
  const failure = (command: Promise<unknown>) =>
    command.then(
      () => null,
      (error: SyncKairosError) => error,
    );

  const WAYS = {
    'expectedVersion over the socket': [(version: number) => ({ expectedVersion: version }), {}],
    'expected_version over REST': [(version: number) => ({ expected_version: version }), { transport: 'rest' }],
  } as const;
  for (const [way, [at, options]] of Object.entries(WAYS)) {
    it(`J-121 every method that sends a command takes a version, and the command applies to that version only: ${way}`, async () => {
      const { url } = await stage.instance(JWT);
      const client = stage.client(url, { ...options, token: await sovereign() });
      const { session_id: id } = await client.createSession(chess());
      for (const [name, command] of Object.entries(COMMANDS)) {
        const { version } = await client.getSession(id);
        const refused = await failure(command(client, id, at(version + 1)));
        expect(refused, name).to.include({ code: 'CONFLICT' });
        expect(refused?.details, name).to.include({ expected_version: version + 1, actual_version: version });
        expect(await failure(command(client, id, at(version))), name).to.equal(null);
      }
      const { session_id: other } = await client.createSession(chess());
      expect(await failure(client.cancelSession(other, 'rain', at(2)))).to.include({ code: 'CONFLICT' });
      expect(await client.cancelSession(other, 'rain', at(1))).to.include({ status: 'cancelled' });
    });
  }

  it('J-122 a switch with an expected_version is guarded by that alone, whatever the client saw before', async () => {
    const { url } = await stage.instance();
    const [one, two] = [stage.client(url), stage.client(url, { socketUrl: 'http://127.0.0.1:9' })];
    const { session_id: id } = await one.createSession(chess());
    // Over REST, and listening to nothing, it hears of nothing by itself.
    await two.startSession(id);
    const { version } = await one.switchCycle(id, 'white');
    expect(await two.switchCycle(id, undefined, undefined, { expected_version: version })).to.include({ active_participant_id: 'white' });
  });

  it('J-121 a misspelt option is refused by its name', async () => {
    const { url } = await stage.instance();
    const client = stage.client(url);
    const { session_id: id } = await client.createSession(chess());
    const refused = await failure(client.startSession(id, undefined, { expectedVersoin: 1 } as CallOptions));
    expect(refused).to.include({ code: 'VALIDATION_ERROR' });
    expect(JSON.stringify(refused?.details)).to.include('expectedVersoin');
  });
});
