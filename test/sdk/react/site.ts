/** Builds the test page of the hooks and serves it. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { build } from 'vite';

const here = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

export interface Site {
  url: string;
  close(): Promise<void>;
}

/**
 * The page, on a port of its own, until closed, with React as it is in production or, with StrictMode's second
 * mounting, in development.
 */
export async function openSite(mode: 'development' | 'production'): Promise<Site> {
  const folder = await mkdtemp(path.join(tmpdir(), 'synckairos-page-'));
  await build({
    configFile: false,
    logLevel: 'warn',
    root: here('.'),
    plugins: [react()],
    resolve: {
      alias: [
        { find: /^@synckairos\/client\/react$/, replacement: here('../../../client-sdk/src/react.ts') },
        { find: /^@synckairos\/client$/, replacement: here('../../../client-sdk/src/index.ts') },
      ],
    },
    build: { outDir: folder, emptyOutDir: true, lib: { entry: here('page.jsx'), formats: ['es'], fileName: 'page' } },
    define: { 'process.env.NODE_ENV': JSON.stringify(mode) },
  });
  await writeFile(
    path.join(folder, 'index.html'),
    '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><body><script type="module" src="page.js"></script>',
  );
  const server = createServer((request, response) => {
    const name = request.url === '/' ? 'index.html' : path.basename(request.url ?? '');
    readFile(path.join(folder, name)).then(
      (content) => response.writeHead(200, { 'content-type': name.endsWith('.html') ? 'text/html' : 'text/javascript' }).end(content),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
