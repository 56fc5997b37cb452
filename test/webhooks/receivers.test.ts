import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { Webhook } from 'standardwebhooks';
import { freePort } from '../../server/local/free-port.ts';
import { Secrets, secretText, signedHeaders } from '../../server/webhooks/signing.ts';
import { freshDirectory } from '../kit/services.ts';
import { until } from '../kit/until.ts';

const DOCUMENT = path.resolve(import.meta.dirname, '../../docs/WEBHOOKS.md');
const secret = new Secrets('a master key of the tests, long enough').of('we_1', 1);
const body = JSON.stringify({ type: 'participant_expired', timestamp: '2026-12-01T00:00:00.000Z', data: { session_id: 'größe' } });

/** The example of the document in a language. */
async function example(language: string): Promise<string> {
  const code = new RegExp(`\`\`\`${language}\n([\\s\\S]+?)\`\`\``).exec(await readFile(DOCUMENT, 'utf8'))?.[1];
  if (code === undefined) throw new Error(`no example in ${language}`);
  return code;
}

describe('the receivers of the documents', function () {
  this.timeout(120_000);
  for (const [language, command, file] of [
    ['js', process.execPath, 'receiver.mjs'],
    ['python', 'python3', 'receiver.py'],
  ] as const) {
    it(`WH-60 the receiver in ${file} takes what we and the official library sign, and nothing else`, async () => {
      const code = await example(language);
      expect(code.trim().split('\n').length).to.be.at.most(24);
      const directory = await freshDirectory('receiver');
      await mkdir(directory, { recursive: true });
      await writeFile(path.join(directory, file), code);
      const port = await freePort();
      const env = { PATH: process.env['PATH'] ?? '', PORT: String(port), WEBHOOK_SECRET: secretText(secret) };
      const child = spawn(command, [path.join(directory, file)], { env, stdio: ['ignore', 'pipe', 'ignore'] });
      let said = '';
      child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
      try {
        const post = async (headers: Record<string, string>, text = body) =>
          (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: text, headers })).status;
        const now = Math.floor(Date.now() / 1_000);
        const ours = signedHeaders('evt_1', now, body, { secrets: [new Secrets('another').of('we_1', 1), secret], privateKey: undefined });
        expect(await until('it listens', () => post(ours).catch(() => undefined), 60_000)).to.equal(204);
        await until('it has told of the message', async () => said.includes('evt_1 participant_expired'));
        const official = new Webhook(secretText(secret)).sign('evt_2', new Date(now * 1_000), body);
        expect(await post({ 'webhook-id': 'evt_2', 'webhook-timestamp': String(now), 'webhook-signature': official })).to.equal(204);
        expect(await post(ours, `${body} `), 'another body').to.equal(401);
        expect(await post({ ...ours, 'webhook-id': 'evt_2' }), 'another id').to.equal(401);
        expect(await post({ ...ours, 'webhook-signature': 'v1,AAAA v1a,AAAA' }), 'no signature').to.equal(401);
        const old = signedHeaders('evt_3', now - 600, body, { secrets: [secret], privateKey: undefined });
        expect(await post(old), 'ten minutes old').to.equal(401);
      } finally {
        child.kill();
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      }
    });
  }
});
