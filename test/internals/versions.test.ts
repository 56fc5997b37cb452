import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { expect } from 'chai';

const root = path.resolve(import.meta.dirname, '../..');
const folder = path.join(root, 'server/internals');

/** The package of each file, and the packages through which Node finds it: the service depends on the first of them. */
const LIBRARIES: Record<string, string[]> = {
  'engine.io.ts': ['socket.io', 'engine.io'],
  'ioredis.ts': ['ioredis'],
  'koa-router.ts': ['@koa/router'],
  'rate-limiter-flexible.ts': ['rate-limiter-flexible'],
  'redis-adapter.ts': ['@socket.io/redis-adapter'],
  'socket.io-adapter.ts': ['socket.io', 'socket.io-adapter'],
  'ws.ts': ['socket.io', 'engine.io', 'ws'],
};
/** Not of a package: Node's own. */
const OF_NODE = ['node-http.ts'];

const json = async <Content>(file: string) => JSON.parse(await readFile(file, 'utf8')) as Content;

/** The version of the package that Node finds by way of others. */
async function installed(way: string[]): Promise<string> {
  const manifest = (from: string, name: string) => {
    const at = createRequire(from).resolve.paths(name) ?? [];
    return at.map((modules) => path.join(modules, name, 'package.json'));
  };
  let from = path.join(root, 'package.json');
  for (const name of way) {
    const candidates = await Promise.all(
      manifest(from, name).map(async (file) =>
        readFile(file).then(
          () => file,
          () => undefined,
        ),
      ),
    );
    from = candidates.find((file) => file !== undefined) ?? expect.fail(`${name} is not installed`);
  }
  return (await json<{ version: string }>(from)).version;
}

describe('libraries whose private parts the service uses', () => {
  it('R-92 each file of server/internals names the version of its library that is installed, and package.json pins what it depends on', async () => {
    const { dependencies } = await json<{ dependencies: Record<string, string> }>(path.join(root, 'package.json'));
    expect((await readdir(folder)).toSorted()).to.deep.equal([...Object.keys(LIBRARIES), ...OF_NODE].toSorted());
    for (const [file, way] of Object.entries(LIBRARIES)) {
      const [direct = '', name = direct] = [way[0], way.at(-1)];
      expect(dependencies[direct], `${direct} in package.json`).to.equal(await installed([direct]));
      expect(await readFile(path.join(folder, file), 'utf8'), file).to.include(`${name} ${await installed(way)}`);
    }
  });
});
