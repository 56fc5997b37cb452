import { expect } from 'chai';
import type { ClientEvents } from '../../client-sdk/src/index.ts';
import { chess } from '../kit/games.ts';
import { Stage } from './kit.ts';

describe('SDK: notices', () => {
  let stage: Stage;
  beforeEach(() => (stage = new Stage()));
  afterEach(() => stage.close());

  it('J-120 a notice beside a success raises `notice` and is written to the console once, over socket and REST alike', async () => {
    const { url } = await stage.instance();
    const said: unknown[] = [];
    const { warn } = console;
    console.warn = (text: unknown) => said.push(text);
    try {
      for (const options of [{}, { socketUrl: 'http://127.0.0.1:9' }]) {
        const client = stage.client(url, options);
        const notices: ClientEvents['notice'][] = [];
        client.on('notice', (notice) => notices.push(notice));
        const create = () => client.createSession(chess({ action_on_timeout: { type: 'skip-cycle' } }));
        const [first, second] = [await create(), await create()];
        await client.createSession(chess({ action_on_timeout: { type: 'skip_cycle' } }));
        const message = '"skip-cycle" is none of end_session, skip_cycle, auto_action: when a clock runs out, the session ends';
        const notice = { code: 'UNKNOWN_ACTION', field: 'action_on_timeout.type', message };
        expect(notices).to.deep.equal([
          { session_id: first.session_id, ...notice },
          { session_id: second.session_id, ...notice },
        ]);
        expect(said.splice(0)).to.deep.equal([message]);
      }
    } finally {
      console.warn = warn;
    }
  });
});
