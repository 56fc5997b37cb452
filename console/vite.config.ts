import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { compress } from './compress.ts';
import { embed } from './embed.ts';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

// The console uses the package as any application does, but from its sources.
const alias = [
  { find: /^@synckairos\/client\/react$/, replacement: path('../client-sdk/src/react.ts') },
  { find: /^@synckairos\/client\/element$/, replacement: path('../client-sdk/src/element/index.ts') },
  { find: /^@synckairos\/client$/, replacement: path('../client-sdk/src/index.ts') },
];

export default defineConfig({
  root: path('.'),
  // Wherever the page is, its files are beside it: BASE_PATH is the server's, and a proxy may take it off.
  base: './',
  plugins: [react(), embed(path('src/embed.ts'), path('../dist/console'), alias), compress(path('../dist/console'))],
  resolve: { alias },
  build: {
    outDir: path('../dist/console'),
    emptyOutDir: true,
    // As old as the client supports: docs in client-sdk/README.md, held by test/console/older-browsers.test.ts.
    target: ['chrome85', 'edge85', 'firefox90', 'safari15'],
    // Nothing inline: the page lives under a Content-Security-Policy of 'self'.
    assetsInlineLimit: 0,
  },
  server: { host: '127.0.0.1', proxy: { '/socket.io': { target: 'http://127.0.0.1:3000', ws: true }, '/time': 'http://127.0.0.1:3000' } },
});
