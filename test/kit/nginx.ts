import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { freePort } from '../../server/local/free-port.ts';
import { freshDirectory } from './services.ts';
import { until } from './until.ts';

const CONFIGURATION = path.resolve(import.meta.dirname, '../../deploy/nginx.conf');
const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

/** The installed nginx, or the one that ./setup has unpacked. */
const COMMANDS = ['nginx', path.resolve(import.meta.dirname, '../../.data/nginx/usr/sbin/nginx')];
const command = COMMANDS.find((one) => spawnSync(one, ['-v']).status === 0);

export const hasNginx: boolean = command !== undefined;

export interface Nginx {
  url: string;
  close(): Promise<void>;
}

export interface NginxOptions {
  /** The path of the site below which the instance is; taken off where the instance's own address has none. */
  prefix?: string;
  /** False: WebSockets are not passed on, as by a proxy that is not configured for them. */
  sockets?: boolean;
}

/**
 * The nginx of deploy/nginx.conf in front of one instance. Only the names of machines and folders are changed in it,
 * and for a path what its comments and OPERATIONS.md say.
 */
export async function startNginx(instance: { url: string }, { prefix = '', sockets = true }: NginxOptions = {}): Promise<Nginx> {
  const directory = await freshDirectory('nginx');
  await mkdir(directory, { recursive: true });
  const port = await freePort();
  const shipped = await readFile(CONFIGURATION, 'utf8');
  const own = TEMPORARY.map((name) => `${name}_temp_path ${directory}/${name};`).join(' ');
  const isOff = prefix !== '' && new URL(instance.url).pathname === '/';
  const configuration = shipped
    .replace(/^ *(resolver|zone) .*;$/gm, '')
    .replaceAll(/^ *server instance-\d.*;$/gm, '')
    .replace('least_conn;', `least_conn; server ${new URL(instance.url).host};`)
    .replaceAll('^/(metrics|admin)', `^${prefix}/(metrics|admin)`)
    .replace('location / {', `location ${prefix}/ {`)
    .replace('http://instances;', isOff ? 'http://instances/;' : 'http://instances;')
    .replace('Upgrade $http_upgrade;', sockets ? 'Upgrade $http_upgrade;' : "Upgrade '';")
    .replace('listen 80;', `listen 127.0.0.1:${port};`)
    .replace('access_log off;', `access_log off; ${own}`)
    .replace('worker_processes auto;', `worker_processes 1; pid ${directory}/pid; error_log stderr; daemon off;`);
  const file = path.join(directory, 'nginx.conf');
  await writeFile(file, configuration);
  const nginx = spawn(command ?? 'nginx', ['-c', file, '-p', directory], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  nginx.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const exited = once(nginx, 'exit');
  const url = `http://127.0.0.1:${port}${prefix}`;
  await until(`nginx answers:\n${said}`, async () => {
    if (nginx.exitCode !== null) throw new Error(`nginx ended:\n${said}`);
    return fetch(`${url}/health`).then(
      (answer) => answer.ok,
      () => false,
    );
  });
  return {
    url,
    async close() {
      nginx.kill('SIGTERM');
      await exited;
    },
  };
}
