import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

const MASTER_KEY_BYTES = 32;

/**
 * The keys of secrets and signatures, made at the first start and kept in a folder that only its owner can read. As the
 * variables that name them.
 */
export async function keptKeys(directory: string): Promise<{ WEBHOOK_MASTER_KEY: string; SIGNING_KEY: string }> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const privateKey = () => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return {
    WEBHOOK_MASTER_KEY: await kept(path.join(directory, 'webhook-master-key'), () => randomBytes(MASTER_KEY_BYTES).toString('base64url')),
    SIGNING_KEY: await kept(path.join(directory, 'signing-key.pem'), privateKey),
  };
}

/** The text of a file, made if there is none. */
async function kept(file: string, make: () => string): Promise<string> {
  const known = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return '';
  });
  if (known !== '') return known;
  const made = make();
  // The file appears complete or not at all, whenever the process ends.
  await writeFile(`${file}.new`, made, { mode: 0o600 });
  await rename(`${file}.new`, file);
  return made;
}
