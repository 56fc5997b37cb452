import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { auction, chess } from '../kit/games.ts';
import { lookInto } from '../kit/redis.ts';
import { freshDatabase, startOwnRedis } from '../kit/services.ts';
import { until } from '../kit/until.ts';
import { createGame, press, rested, stands, turnOf } from './play.ts';
import { browserRoom } from './room.ts';

const withTrail = async (): Promise<Record<string, string>> => ({ AUDIT_WORKER: 'inline', DATABASE_URL: await freshDatabase() });

/** What a button saves: the name of the file, and its content. */
async function saved(page: Page, button: string): Promise<[name: string, content: Buffer]> {
  const [file] = await Promise.all([page.waitForEvent('download', { timeout: 30_000 }), press(page, button)]);
  return [file.suggestedFilename(), await readFile(await file.path())];
}

describe('console: history', () => {
  const room = browserRoom();

  it('CO-20 CO-21 CO-178 the history shows each event, and each turn in a chart and a table, follows the game, and is saved as a table and as a picture and printed', async () => {
    const { url } = await room.stage.instance(await withTrail());
    const page = await room.open(url);
    const hash = await createGame(page, 'Chess', { White: 'Anna', Black: 'Ben' });
    await press(page, 'Start');
    await turnOf(page, 'white');
    const other = await room.open(`${url}/${hash}`);
    await turnOf(other, 'white');
    await press(other, 'History');
    await other.getByText('2 events, all there are.').waitFor({ timeout: 30_000 });

    await page.keyboard.press('Space');
    await turnOf(page, 'black');
    await other.getByText('3 events, all there are.').waitFor({ timeout: 30_000 });
    await press(page, 'Pause');
    await stands(page, 'Paused');
    await press(page, 'Resume');
    await turnOf(page, 'black');
    await rested(page);
    await page.keyboard.press('Space');
    await turnOf(page, 'white');
    await other.getByText('6 events, all there are.').waitFor({ timeout: 30_000 });

    const client = room.stage.client(url);
    const { events } = await client.getHistory(hash.replace('#/s/', ''));
    const bens = events.filter(({ participant_id: who }) => who === 'black').reduce((sum, { time_elapsed_ms: ms }) => sum + (ms ?? 0), 0);
    await other.getByText('As a table').click();
    const cells = await other.locator('.chart tbody tr').allInnerTexts();
    expect(cells.map((cell) => cell.split('\t').map((text) => text.trim()))).to.have.length(2);
    // A turn counts as one, whatever pauses it had.
    expect(cells[1]).to.match(new RegExp(`Ben\\s+${(bens / 1_000).toFixed(3)} s\\s+switch`));
    expect(await other.locator('.chart rect').count()).to.equal(2);
    const lines = await other.locator('.timeline li').allInnerTexts();
    expect(lines.map((line) => line.replaceAll(/\s+/g, ' '))).to.satisfy((told: string[]) =>
      ['Turn ended · Ben', 'Resumed', 'Paused · Ben', 'Turn ended · Anna', 'Started · Anna', 'Created'].every((text, index) =>
        told[index]?.includes(text),
      ),
    );
    expect(lines.at(-1)).to.match(/\d\d:\d\d:\d\d\.\d{3}/);

    const [table, text] = await saved(other, 'CSV');
    expect(table).to.equal('Chess-5-3.csv');
    expect(text.toString()).to.match(new RegExp(`^\ufeffturn,who,used_ms,ended_by\r\n1,Anna,\\d+,switch\r\n2,Ben,${bens},switch\r\n$`));
    const [picture, png] = await saved(other, 'Picture');
    expect([picture, png.subarray(1, 4).toString()]).to.deep.equal(['Chess-5-3.png', 'PNG']);
    await other.emulateMedia({ media: 'print' });
    const inPrint = (selector: string): Promise<boolean> => other.locator(selector).first().isVisible();
    expect(await Promise.all(['.on-paper', '.timeline', '.exports', '.controls'].map(inPrint))).to.deep.equal([true, true, false, false]);
    expect(room.problems).to.deep.equal([]);
  });

  it('LT-27 the history says for whom a lot was extended and by how much, by the names that create gave', async () => {
    const { url } = await room.stage.instance(await withTrail());
    const client = room.stage.client(url);
    const participants = [
      { participant_id: 'ann', name: 'Ann of Æbelø' },
      { participant_id: 'bob', name: 'Bob' },
    ];
    const { session_id: id } = await client.createSession(
      chess(auction({ participants, extension: { window_ms: 3_600_000, by_ms: 12_500, mode: 'add', max_count: 1 } })),
    );
    await client.startSession(id);
    for (const participant_id of ['bob', 'ann']) await client.extend(id, { participant_id });
    const page = await room.open(`${url}/#/s/${id}`);
    await press(page, 'History');
    await page.getByText('4 events, all there are.').waitFor({ timeout: 30_000 });
    const lines = (await page.locator('.timeline li').allInnerTexts()).map((line) => line.replaceAll(/\s+/g, ' '));
    expect(lines[0]).to.include('Extension asked for · Ann of Æbelø').and.to.include('for Ann of Æbelø · the end stays');
    expect(lines[1]).to.include('for Bob · 12.500 s more');
    expect(room.problems).to.deep.equal([]);
  });

  it('CO-23 a long history is read to its end, also where it goes on under a new epoch', async () => {
    const redis = await startOwnRedis();
    const { url } = await room.stage.instance({ ...(await withTrail()), REDIS_URL: redis.url });
    const client = room.stage.client(url);
    const { session_id: id } = await client.createSession(chess());
    for (let n = 0; n < 104; n += 1) await client.adjustTime(id, 1_000, 'white');
    await until('the trail', async () => (await client.getHistory(id, { after_version: 100 })).events.length === 5);
    client.disconnect();
    const redisItself = lookInto(redis.url);
    await redisItself.flushall();
    redisItself.disconnect();
    const page = await room.open(`${url}/#/s/${id}`);
    await press(page, 'History');
    await page.getByText('106 events, all there are.').waitFor({ timeout: 30_000 });
    expect(await page.locator('.timeline li').count()).to.equal(106);
  });

  it('CO-22 where no trail is kept, the page says so in place of the history', async () => {
    const { url } = await room.stage.instance();
    const page = await room.open(url);
    await createGame(page, 'Stopwatch');
    await press(page, 'History');
    await page.getByText('There is no history to read').waitFor({ timeout: 30_000 });
  });
});
