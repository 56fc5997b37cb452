import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { closeProject, openProject, type Project, runIn, sdkFolder } from './project.ts';

const USE = `
import { SyncKairosClient, SyncKairosError, formatTime, type SessionState } from '@synckairos/client';
import { predictSwitch } from '@synckairos/client/optimistic';
import { useCountdown, useNow, useStopwatch, useSyncKairos } from '@synckairos/client/react';

const client = new SyncKairosClient('http://localhost:3000/v1', { optimistic: predictSwitch, token: async () => 'fresh' });
export const state: Promise<SessionState> = client.pauseSession('game');
export const off: () => void = client.on('timeExpired', ({ expired_participant_id }) => console.log(expired_participant_id?.length));
export const text: string = formatTime(1, 'spoken');
export const hooks = [useCountdown, useNow, useStopwatch, useSyncKairos];
export const retryable = (error: unknown): boolean => error instanceof SyncKairosError && error.retryable;
// @ts-expect-error: there is no such mode
client.createSession({ sync_mode: 'hourglass' });
`;

/** The documents that the package's README names. */
async function documentsIn(folder: string): Promise<string[]> {
  const named = (await readFile(path.join(folder, 'README.md'), 'utf8')).matchAll(/docs\/[\w-]+\.md/g);
  return [...new Set([...named].map(([name]) => name))];
}

function headings(text: string): string[] {
  return [...text.matchAll(/^#+ .*$/gm)].map(([heading]) => heading);
}

describe('the package @synckairos/client', () => {
  let project: Project;
  before(async () => {
    project = await openProject();
  });
  after(() => closeProject());

  it('J-60 the package can be imported and required', async () => {
    const names = `'SyncKairosClient', 'SyncKairosError', 'formatTime'`;
    await project.write('import.mjs', `import * as sdk from '@synckairos/client'; console.log([${names}].every((name) => name in sdk));`);
    await project.write('require.cjs', `const sdk = require('@synckairos/client'); console.log([${names}].every((name) => name in sdk));`);
    const more = `console.log(typeof require('@synckairos/client/react').useCountdown, typeof require('@synckairos/client/optimistic').predictSwitch, typeof require('@synckairos/client/element').SyncKairosClock)`;
    await project.write('subpaths.cjs', more);
    expect(await project.run('node', 'import.mjs')).to.equal('true\n');
    expect(await project.run('node', 'require.cjs')).to.equal('true\n');
    expect(await project.run('node', 'subpaths.cjs')).to.equal('function function function\n');
    expect(await project.run('node', '--conditions=development', 'import.mjs'), 'as bundlers in development ask').to.equal('true\n');
  });

  for (const [module, resolution] of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ] as const) {
    it(`J-61 the package’s types compile with moduleResolution ${resolution}, without skipLibCheck`, async () => {
      await project.write('use.ts', USE);
      await project.write('use.cts', USE);
      const files = resolution === 'nodenext' ? ['use.ts', 'use.cts'] : ['use.ts'];
      const lib = ['--lib', 'es2023,dom', '--target', 'es2022', '--types', ''];
      await project.run('tsc', '--noEmit', '--strict', '--module', module, '--moduleResolution', resolution, ...lib, ...files);
    });
  }

  it('J-62 publint and attw find no fault in the package, also where types are resolved as in node10', async () => {
    expect(await runIn(sdkFolder, 'publint', '--strict')).to.contain('All good!');
    // All of its profiles: node10, node16 from either kind of module, and bundlers.
    await runIn(sdkFolder, 'attw', project.tarball);
  });

  it('J-67 the package carries the documents that it names, and no link leads out of it', async () => {
    const folder = path.join(project.folder, 'node_modules/@synckairos/client');
    const pages = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.md'));
    expect(pages).to.include.members(['README.md', ...(await documentsIn(folder))]);
    const lost: string[] = [];
    for (const page of pages) {
      const text = await readFile(path.join(folder, page), 'utf8');
      for (const [link, target = ''] of text.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)) {
        if (!pages.includes(path.join(path.dirname(page), target))) lost.push(`${page}: ${link}`);
      }
    }
    expect(lost).to.deep.equal([]);
    const protocol = await readFile(path.join(sdkFolder, '../docs/PROTOCOL.md'), 'utf8');
    expect(headings(await readFile(path.join(folder, 'docs/PROTOCOL.md'), 'utf8'))).to.deep.equal(headings(protocol));
  });

  it('J-63 the client is under 16 kB without socket.io-client, and every export of the package is weighed', async () => {
    const { 'size-limit': weighed } = JSON.parse(await readFile(path.join(sdkFolder, 'package.json'), 'utf8')) as {
      'size-limit': { path: string; import?: string }[];
    };
    const names = weighed.flatMap(({ import: list = '' }) => list.match(/\w+/g) ?? []);
    expect(names).to.have.members(Object.keys(await import('../../../client-sdk/src/index.ts')));
    const sizes = JSON.parse(await runIn(sdkFolder, 'size-limit', '--json')) as { name: string; passed: boolean; size: number }[];
    for (const { name, size, passed } of sizes) {
      console.log(`      ${name}: ${size} bytes (brotli)`);
      expect(passed, name).to.equal(true);
    }
    expect(sizes[0]?.size).to.be.at.most(16_000);
  });

  it('J-64 the package’s reference is the one that its docstrings make', async () => {
    const committed = await readFile(path.join(sdkFolder, 'docs/API.md'), 'utf8');
    expect(committed, 'run `npm run docs:sdk`').to.equal(await runIn(sdkFolder, 'node', 'api-docs.js', '--print'));
  });
});
