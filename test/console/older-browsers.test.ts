import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { chess } from '../kit/games.ts';
import { createGame, press, rested, shows, stands, turnOf } from './play.ts';
import { browserRoom } from './room.ts';

/** Takes away what Chrome 85, Firefox 90 or Safari 15, the oldest supported browsers, do not have all. */
const MAKE_OLDER = `
  const typed = Object.getPrototypeOf(Uint8Array);
  for (const [of, ...names] of [
    [Array.prototype, 'at', 'findLast', 'findLastIndex', 'toReversed', 'toSorted', 'toSpliced', 'with'],
    [typed.prototype, 'at', 'findLast', 'findLastIndex', 'toReversed', 'toSorted', 'with'],
    [String.prototype, 'at', 'isWellFormed', 'toWellFormed'],
    [Set.prototype, 'union', 'intersection', 'difference', 'symmetricDifference', 'isSubsetOf', 'isSupersetOf', 'isDisjointFrom'],
    [Object, 'hasOwn', 'groupBy'],
    [Map, 'groupBy'],
    [Array, 'fromAsync'],
    [Promise, 'withResolvers', 'try'],
    [AbortSignal, 'any', 'timeout'],
    [AbortSignal.prototype, 'throwIfAborted', 'reason'],
    [URL, 'canParse', 'parse'],
    [URLSearchParams.prototype, 'size'],
    [Crypto.prototype, 'randomUUID'],
    [globalThis, 'structuredClone', 'scheduler', 'Iterator', 'reportError'],
  ]) for (const name of names) delete of[name];
  // Listeners can't be taken away by a signal.
  const { addEventListener } = EventTarget.prototype;
  EventTarget.prototype.addEventListener = function (type, listener, options) {
    if (typeof options === 'object' && options !== null && 'signal' in options) options = { ...options, signal: undefined };
    return addEventListener.call(this, type, listener, options);
  };
`;

describe('console: older browsers', () => {
  const room = browserRoom();

  async function older(url: string, hasSocket: boolean): Promise<Page> {
    const page = await (await room.browser.newContext()).newPage();
    page.on('pageerror', (error) => room.problems.push(error.message));
    await page.addInitScript(MAKE_OLDER);
    if (!hasSocket) await page.routeWebSocket(/socket\.io/, (socket) => void socket.close());
    await page.goto(url);
    return page;
  }

  it('J-99 page and client use no function that the oldest supported browsers lack', async () => {
    const { url } = await room.stage.instance();
    const page = await older(url, true);
    await createGame(page, 'Chess');
    await press(page, 'Start');
    await turnOf(page, 'white');
    await rested(page);
    await page.keyboard.press('Space');
    await turnOf(page, 'black');
    await press(page, 'Pause');
    await stands(page, 'Paused');
    await press(page, 'Share');
    await page.getByRole('img', { name: 'QR code' }).waitFor();
    await press(page, 'Close');
    expect(await page.evaluate('typeof [].toSorted + typeof AbortSignal.any')).to.equal('undefinedundefined');
    expect(room.problems).to.deep.equal([]);
  });

  it('J-99 the page uses no newer function without a WebSocket either, where everything goes over REST', async () => {
    const { url } = await room.stage.instance();
    const player = room.stage.client(url);
    const { session_id: id } = await player.createSession(chess());
    const page = await older(`${url}/#/s/${id}`, false);
    await shows(page, 'white', '30:00');
    await press(page, 'Start');
    await turnOf(page, 'white');
    await player.switchCycle(id, 'white');
    await turnOf(page, 'black');
    expect(room.problems).to.deep.equal([]);
  });
});
