import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { freshDirectory } from './services.ts';

const run = promisify(execFile);

/** Files of a certificate authority that no system trusts, and of a certificate for `localhost` that it signed. */
export interface PrivateCa {
  ca: string;
  cert: string;
  key: string;
}

/**
 * Makes an authority and a server's certificate. The key gets the owner of `owner`, a file or folder, since PostgreSQL
 * accepts no other.
 */
export async function makePrivateCa(owner: string): Promise<PrivateCa> {
  const directory = await freshDirectory('ca');
  await mkdir(directory, { recursive: true });
  const file = (name: string) => path.join(directory, name);
  const openssl = (...args: string[]) => run('openssl', args, { cwd: directory });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  await openssl('req', '-x509', ...key, '-subj', '/CN=a private authority', '-keyout', 'ca.key', '-out', 'ca.pem');
  const names = ['-addext', 'subjectAltName=DNS:localhost', '-addext', 'basicConstraints=CA:FALSE'];
  await openssl(
    'req',
    '-x509',
    ...key,
    '-subj',
    '/CN=localhost',
    ...names,
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-keyout',
    'server.key',
    '-out',
    'server.pem',
  );
  await chmod(file('server.key'), 0o600);
  const { uid, gid } = await stat(owner);
  await chown(file('server.key'), uid, gid);
  return { ca: file('ca.pem'), cert: file('server.pem'), key: file('server.key') };
}
