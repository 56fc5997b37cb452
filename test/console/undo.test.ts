import { expect } from 'chai';
import { chess } from '../kit/games.ts';
import { freshDatabase } from '../kit/services.ts';
import { press, rested, settled, shows, stateOf, turnOf } from './play.ts';
import { browserRoom } from './room.ts';

describe('console: taking turns back', () => {
  const room = browserRoom();
  const participants = [
    { participant_id: 'white', total_time_ms: 300_000 },
    { participant_id: 'black', total_time_ms: 300_000 },
  ];

  it('UN-19 the button takes back the last turn, by mouse and by key, and is disabled while there is nothing to take back', async () => {
    const { url } = await room.stage.instance({ AUDIT_WORKER: 'inline', DATABASE_URL: await freshDatabase() });
    const client = room.stage.client(url);
    const { session_id } = await client.createSession(chess({ participants, increment_ms: 60_000, undo_depth: 2 }));
    const page = await room.open(`${url}/#/s/${session_id}`);
    await settled(page);
    const button = page.getByRole('button', { name: 'Take back the last turn' });
    expect(await button.count()).to.equal(0);
    await press(page, 'Start');
    await turnOf(page, 'white');
    await rested(page);
    expect(await button.getAttribute('aria-disabled')).to.equal('true');
    await button.click({ force: true });

    await client.switchCycle(session_id);
    await turnOf(page, 'black');
    await shows(page, 'white', /^(6:00|5:)/);
    await rested(page);
    await button.click();
    await turnOf(page, 'white');
    await shows(page, 'white', /^(5:00|4:)/);
    expect(await stateOf(page)).to.include({ version: 4, cycle_count: 0, undo_available: 0 });

    await client.switchCycle(session_id);
    await turnOf(page, 'black');
    await client.pauseSession(session_id);
    await rested(page);
    await button.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Take back the last turn', disabled: true }).waitFor();
    expect(await stateOf(page)).to.include({ version: 7, status: 'paused', undo_available: 0 });
    // The focus stays where it was, on a button that does nothing now.
    expect(await page.locator('.actions button:focus').innerText()).to.match(/^Take back/);
    await rested(page);
    await page.keyboard.press('Enter');
    await press(page, 'Resume');
    await press(page, 'History');
    await page.getByText('8 events, all there are.').waitFor({ timeout: 30_000 });
    expect(await page.locator('.timeline li', { hasText: 'Turn taken back' }).count()).to.equal(2);
    expect(room.problems).to.deep.equal([]);
  });

  it('UN-19 a game without undo_depth has no button that takes turns back', async () => {
    const { url } = await room.stage.instance();
    const client = room.stage.client(url);
    const { session_id } = await client.createSession(chess({ participants }));
    await client.startSession(session_id);
    const page = await room.open(`${url}/#/s/${session_id}`);
    await turnOf(page, 'white');
    expect(await page.getByRole('button', { name: 'Pause' }).count()).to.equal(1);
    expect(await page.getByRole('button', { name: 'Take back the last turn' }).count()).to.equal(0);
  });
});
