import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import type { Browser } from 'playwright-core';
import { build, preview } from 'vite';
import { hasBrowser, launch } from '../../console/browser.ts';
import { lacking } from '../../kit/lacking.ts';
import { Stage } from '../kit.ts';
import { closeProject, type Example, openProject, type Project, readmeExamples } from './project.ts';

/** What each example prints. */
const PRINTS: Record<string, RegExp[]> = {
  Chess: [/running to move: anna/, /running to move: ben/, /Ben has 5:00/],
  Auction: [/going once/, /a bid of 90 gives more time/, /going twice/, /sold to ben for 90/],
  Quiz: [/6 × 7\? 0 answered/, /6 × 7\? 1 answered/, /Anna says 42/, /Capital of Peru\? 0 answered/, /H₂O\? 0 answered/],
  Exam: [/Anna hands in at 20/, /Ben has 2 hours 2 minutes/, /completed/],
  Meeting: [/Budget Anna/, /Hiring Ben/, /minutes behind: -?\d/],
  Race: [/pending/, /running/, /completed/, /1 chris 0\.[3-9]/, /3 ben/],
  'Team match': [/red rita/, /blue bea/, /red rob/, /blue bill/, /red has 30:00/],
};

const LINES_MAX = 25;

describe('the examples of the package’s README', function () {
  let project: Project;
  let stage: Stage;
  let examples: Example[];
  before(async () => {
    project = await openProject();
    examples = await readmeExamples();
    const compiled = examples.filter(({ language }) => language === 'ts' || language === 'tsx');
    for (const { title, language, code } of compiled) await project.write(`examples/${nameOf(title)}.${language}`, code);
    const files = compiled.map(({ title, language }) => `examples/${nameOf(title)}.${language}`);
    const options = ['--strict', '--target', 'es2022', '--module', 'nodenext', '--jsx', 'react-jsx', '--lib', 'es2023,dom', '--types', ''];
    await project.run('tsc', ...options, '--noUncheckedIndexedAccess', '--noPropertyAccessFromIndexSignature', ...files);
  });
  after(() => closeProject());
  beforeEach(() => (stage = new Stage()));
  afterEach(() => stage.close());

  for (const [title, prints] of Object.entries(PRINTS)) {
    it(`J-65 ${title}`, async () => {
      const example = examples.find((candidate) => candidate.title === title && candidate.language === 'ts');
      expect(example?.code.trimEnd().split('\n').length, 'lines').to.be.below(LINES_MAX);
      const { url } = await stage.instance();
      const program = await project.run('node', '-p', `require('node:fs').readFileSync('examples/${nameOf(title)}.js', 'utf8')`);
      await project.write(`examples/run-${nameOf(title)}.js`, program.replace('http://localhost:3000', url));
      const printed = await project.run('node', `examples/run-${nameOf(title)}.js`);
      for (const line of prints) expect(printed).to.match(line);
    });
  }

  it('J-66 the chess clock page, built from the README, is played in two windows', async function () {
    if (!hasBrowser) lacking(this, 'no Chromium at CHROMIUM_PATH or /usr/bin/chromium');
    const { url } = await stage.instance();
    for (const [language, file] of [
      ['html', 'page/index.html'],
      ['js', 'page/main.js'],
    ] as const) {
      const code = examples.find((example) => example.language === language)?.code ?? '';
      await project.write(file, code.replace('http://localhost:3000', url));
    }
    const root = path.join(project.folder, 'page');
    await writeFile(path.join(root, 'package.json'), '{ "type": "module" }');
    await build({ configFile: false, logLevel: 'warn', root, build: { target: 'es2022' } });
    const server = await preview({ configFile: false, root, preview: { host: '127.0.0.1', port: 0, strictPort: true } });
    let browser: Browser | undefined;
    try {
      browser = await launch();
      const [one, two] = [await browser.newPage(), await (await browser.newContext()).newPage()];
      await one.goto(server.resolvedUrls?.local[0] ?? '');
      await one.locator('#white', { hasText: '5:00' }).waitFor();
      await two.goto(one.url());
      await two.locator('#white', { hasText: '5:00' }).waitFor();
      await one.click('#white');
      await two.locator('#white.active').waitFor();
      await two.click('#black');
      await one.locator('#white', { hasText: '4:58' }).waitFor();
      await two.click('#white');
      await one.locator('#black.active').waitFor();
    } finally {
      await browser?.close();
      await server.close();
    }
  });
});

function nameOf(title: string): string {
  return title.toLowerCase().replaceAll(' ', '-');
}
