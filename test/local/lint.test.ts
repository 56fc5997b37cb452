import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { freshDirectory } from '../kit/services.ts';

const run = promisify(execFile);

const root = path.resolve(import.meta.dirname, '../..');
const importing = (specifier: string) => `import '${specifier}';\n`;
const importingValue = (specifier: string) => `import { value } from '${specifier}';\nvalue();\n`;
const importingType = (specifier: string) => `import type { Port } from '${specifier}';\n`;

interface Planted {
  file: string;
  text: string;
  /** The rule that must complain; undefined when nothing may. */
  rule?: string;
}

const imports = 'no-restricted-imports';
const planted: Planted[] = [
  { file: 'client-sdk/src/contract/a.ts', text: importing('zod'), rule: imports },
  { file: 'client-sdk/src/contract/b.ts', text: importing('../client.ts'), rule: imports },
  { file: 'client-sdk/src/contract/c.ts', text: importing('./limits.ts') },
  { file: 'client-sdk/src/contract/d.ts', text: 'export const now = () => Date.now();\n', rule: 'no-restricted-properties' },
  { file: 'client-sdk/src/clock/a.ts', text: importing('zod'), rule: imports },
  { file: 'client-sdk/src/clock/b.ts', text: importing('../client.ts'), rule: imports },
  { file: 'client-sdk/src/clock/c.ts', text: importing('../contract/state.ts') + importing('./clock.ts') },
  { file: 'client-sdk/src/clock/d.ts', text: 'export const now = () => Date.now();\n', rule: 'no-restricted-properties' },
  { file: 'client-sdk/src/a.ts', text: importing('../../server/config.ts'), rule: imports },
  { file: 'client-sdk/src/b.ts', text: importing('./contract/index.ts') },
  { file: 'console/src/a.ts', text: importing('../../server/config.ts'), rule: imports },
  { file: 'server/observability/a.ts', text: importing('../engine/engine.ts'), rule: imports },
  { file: 'server/config.ts', text: importing('./store/keys.ts'), rule: imports },
  { file: 'server/internals/a.ts', text: importing('../util/gate.ts'), rule: imports },
  { file: 'server/internals/b.ts', text: importing('#contract'), rule: imports },
  { file: 'server/internals/e.ts', text: 'export const uid = (of: object) => (of as unknown as { _uid: string })._uid;\n' },
  { file: 'server/util/a.ts', text: 'export const uid = (of: { _uid: string }) => of._uid;\n', rule: 'no-private-parts' },
  { file: 'server/store/private.ts', text: 'export const uid = (of: object) => of as unknown as string;\n', rule: 'no-private-parts' },
  { file: 'server/audit/aggregate.ts', text: 'export const max = (of: { _max: number }) => of._max;\n' },
  { file: 'server/internals/c.ts', text: importing('ioredis') + importing('./ws.ts') },
  { file: 'server/domain/a.ts', text: importing('node:crypto'), rule: imports },
  { file: 'server/domain/b.ts', text: importing('../engine/ports.ts'), rule: imports },
  { file: 'server/domain/c.ts', text: importing('../config.ts'), rule: imports },
  { file: 'server/domain/i.ts', text: importing('../internals/ws.ts'), rule: imports },
  { file: 'server/domain/d.ts', text: importing('./event.ts') + importing('#contract') + importing('#clock') },
  { file: 'server/domain/e.ts', text: 'export const now = () => new Date();\n', rule: 'no-clock-reading' },
  { file: 'server/domain/f.ts', text: 'export const iso = (at: number) => new Date(at).toISOString();\n' },
  { file: 'server/domain/g.ts', text: 'export const roll = () => Math.random();\n', rule: 'no-restricted-properties' },
  { file: 'server/domain/h.ts', text: 'export const now = () => performance.now();\n', rule: 'no-restricted-globals' },
  { file: 'server/engine/a.ts', text: importing('../store/session-store.ts'), rule: imports },
  { file: 'server/engine/b.ts', text: importing('../domain/decide.ts') + importing('../observability/metrics.ts') },
  { file: 'server/engine/c.ts', text: 'export const name = () => process.env;\n', rule: 'no-restricted-properties' },
  { file: 'server/store/a.ts', text: importing('../engine/engine.ts'), rule: imports },
  { file: 'server/store/b.ts', text: importing('../engine/ports.ts') + importing('../config.ts') },
  { file: 'server/store/c.ts', text: importing('../audit/queue.ts'), rule: imports },
  { file: 'server/store/e.ts', text: importing('../transport/limits.ts'), rule: imports },
  { file: 'server/store/f.ts', text: importingValue('../transport/limit-ports.ts'), rule: imports },
  { file: 'server/store/g.ts', text: importingType('../transport/limit-ports.ts') + importingType('../transport/access/grant-ports.ts') },
  { file: 'server/store/h.ts', text: importingType('../transport/limits.ts'), rule: imports },
  { file: 'server/store/i.ts', text: importingType('../audit/outbox-port.ts') },
  { file: 'server/store/j.ts', text: importingValue('../audit/outbox-port.ts'), rule: imports },
  { file: 'server/store/k.ts', text: importingType('../audit/relay.ts'), rule: imports },
  { file: 'server/store/d.ts', text: 'export const now = () => Date.now();\n', rule: 'no-restricted-properties' },
  { file: 'server/audit/a.ts', text: importing('../store/session-store.ts'), rule: imports },
  { file: 'server/audit/b.ts', text: importing('../store/connection.ts') + importing('../engine/ports.ts') + importing('./worker.ts') },
  { file: 'server/audit/c.ts', text: importing('../transport/replies.ts'), rule: imports },
  { file: 'server/audit/d.ts', text: importingType('../transport/history-port.ts') },
  { file: 'server/audit/f.ts', text: importingValue('../transport/history-port.ts'), rule: imports },
  { file: 'server/audit/g.ts', text: importing('../webhooks/deliverer.ts'), rule: imports },
  { file: 'server/webhooks/a.ts', text: importing('../audit/database.ts') + importing('../store/connection.ts') },
  { file: 'server/webhooks/b.ts', text: importing('../store/session-store.ts'), rule: imports },
  { file: 'server/webhooks/c.ts', text: importing('../transport/replies.ts'), rule: imports },
  { file: 'server/webhooks/d.ts', text: importingType('../transport/webhook-port.ts') },
  { file: 'server/webhooks/e.ts', text: importing('../engine/engine.ts'), rule: imports },
  { file: 'server/webhooks/f.ts', text: 'export const now = () => Date.now();\n', rule: 'no-restricted-properties' },
  { file: 'server/transport/http/g.ts', text: importing('../../webhooks/deliverer.ts'), rule: imports },
  { file: 'server/transport/socket/a.ts', text: importing('../../store/connection.ts'), rule: imports },
  { file: 'server/transport/http/b.ts', text: importing('../../audit/trail.ts'), rule: imports },
  { file: 'server/transport/http/c.ts', text: importing('../../app.ts'), rule: imports },
  {
    file: 'server/transport/http/d.ts',
    text: importing('../../engine/engine.ts') + importing('../../domain/decide.ts') + importing('zod'),
  },
  { file: 'server/transport/http/e.ts', text: importing('../../../client-sdk/src/contract/index.ts'), rule: imports },
  { file: 'server/worker.ts', text: importing('./engine/engine.ts'), rule: imports },
  { file: 'server/main.ts', text: importing('./store/keys.ts'), rule: imports },
  { file: 'server/app.ts', text: importing('./store/keys.ts') + importing('./audit/queue.ts') + importing('./transport/http/router.ts') },
  { file: 'server/app/a.ts', text: importing('../store/keys.ts') + importing('../transport/http/router.ts') },
  { file: 'server/app/b.ts', text: importing('../local/start.ts'), rule: imports },
  { file: 'server/app/c.ts', text: 'export const now = () => Date.now();\n', rule: 'no-restricted-properties' },
  { file: 'server/local/a.ts', text: importing('../engine/engine.ts'), rule: imports },
  { file: 'server/engine/d.ts', text: 'export const began = () => performance.timeOrigin;\n', rule: 'no-restricted-properties' },
  ...['audit/e.ts', 'transport/http/f.ts', 'transport/socket/f.ts'].flatMap((file) => [
    { file: `server/${file}`, text: 'export const now = () => Date.now();\n', rule: 'no-restricted-properties' },
    { file: `server/${file.replace('.ts', '-date.ts')}`, text: 'export const now = () => new Date();\n', rule: 'no-clock-reading' },
  ]),
  { file: 'server/package-root.ts', text: 'export const now = () => Date.now();\n', rule: 'no-restricted-properties' },
  { file: 'server/observability/b.ts', text: 'export const now = () => Date.now();\n' },
  { file: 'server/transport/f.ts', text: '// a line\n'.repeat(401), rule: 'max-lines' },
];

describe('lint', () => {
  it('Z-60 lint refuses in every room of the code an import from a room above it', async () => {
    const folder = await freshDirectory('lint');
    for (const { file, text } of planted) {
      await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
      await writeFile(path.join(folder, file), text);
    }
    const config = await readFile(path.join(root, '.oxlintrc.json'), 'utf8');
    // Types are not looked at here, and would need a project around the planted files.
    await writeFile(path.join(folder, '.oxlintrc.json'), config.replace('"typeAware": true', '"typeAware": false'));
    await cp(path.join(root, '.ci/lint-rules.js'), path.join(folder, '.ci/lint-rules.js'));

    const found = await lint(folder);

    for (const { file, rule } of planted) {
      const rules = found
        .filter((problem) => problem.filename === file && /restricted|clock-reading|private-parts|max-lines/.test(problem.code))
        .map(({ code }) => code);
      const expected = rule === undefined ? [] : [rule];
      expect(
        rules.map((code) => /([a-z-]+)\)$/.exec(code)?.[1]),
        file,
      ).to.deep.equal(expected);
    }
  });
});

async function lint(folder: string): Promise<{ filename: string; code: string }[]> {
  const oxlint = path.join(root, 'node_modules/.bin/oxlint');
  // It exits with 1, since it finds something.
  const output = await run(oxlint, ['--format=json'], { cwd: folder, maxBuffer: 16 << 20 }).catch((error: { stdout: string }) => error);
  return (JSON.parse(output.stdout) as { diagnostics: { filename: string; code: string }[] }).diagnostics;
}
