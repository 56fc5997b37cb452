import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';

interface Manifest {
  dependencies: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  allowScripts?: Record<string, boolean>;
}

const root = path.resolve(import.meta.dirname, '../..');
const read = async (file: string) => readFile(path.join(root, file), 'utf8');
const manifest = async (file: string) => JSON.parse(await read(file)) as Manifest;

describe('packages', () => {
  it('Z-20 each direct dependency has its reason in decision 012, and no other has', async () => {
    const [own, client] = [await manifest('package.json'), await manifest('client-sdk/package.json')];
    const direct = [own.dependencies, own.optionalDependencies ?? {}, own.devDependencies ?? {}, client.dependencies].flatMap((each) =>
      Object.keys(each),
    );
    const page = await read('docs/decisions/012-direct-dependencies.md');
    const rows = page.split('\n').filter((line) => line.startsWith('| `') || line.startsWith('| client'));
    const named = rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ''));
    expect([...new Set(named)].toSorted()).to.deep.equal([...new Set(direct)].toSorted());
  });

  it('Z-21 exactly the packages with an install script are listed, each allowed or not', async () => {
    const lock = JSON.parse(await read('package-lock.json')) as { packages: Record<string, { hasInstallScript?: boolean }> };
    const scripted = Object.entries(lock.packages).flatMap(([at, each]) =>
      each.hasInstallScript === true ? [at.split('node_modules/').at(-1)] : [],
    );
    expect(Object.keys((await manifest('package.json')).allowScripts ?? {}).toSorted()).to.deep.equal([...new Set(scripted)].toSorted());
  });

  it('Z-22 the image does not run as root, and its containers can write only to a temporary folder', async () => {
    const [dockerfile, compose] = [await read('Dockerfile'), await read('docker-compose.yml')];
    expect(dockerfile.split('\n').findLast((line) => line.startsWith('USER '))).to.equal('USER node');
    const shared = compose.slice(compose.indexOf('x-app:'), compose.indexOf('x-instance:'));
    for (const line of ['read_only: true', "tmpfs: ['/tmp']", "cap_drop: ['ALL']", "security_opt: ['no-new-privileges:true']"]) {
      expect(shared, line).to.include(line);
    }
  });
});
