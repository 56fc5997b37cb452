/** Builds `/embed.js`, the element for pages elsewhere, into one file beside the page. */
import { build, type InlineConfig, type Plugin } from 'vite';

/** Adds `embed.js`, made of `entry`, to what a build has written to `directory`. */
export function embed(entry: string, directory: string, alias: NonNullable<NonNullable<InlineConfig['resolve']>['alias']>): Plugin {
  return {
    name: 'embed',
    apply: 'build',
    async writeBundle() {
      await build({
        configFile: false,
        logLevel: 'warn',
        publicDir: false,
        resolve: { alias },
        build: {
          outDir: directory,
          emptyOutDir: false,
          // Private methods and static fields; custom elements with internals are younger than that.
          target: ['chrome90', 'edge90', 'firefox98', 'safari16.4'],
          modulePreload: false,
          rollupOptions: { input: entry, output: { entryFileNames: 'embed.js', format: 'es' } },
        },
      });
    },
  };
}
