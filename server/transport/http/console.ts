import type { Middleware } from 'koa';
import send from 'koa-send';

const YEAR_MS = 31_536_000_000;
/** What a page may run and reach: what its server sent, nothing else. */
export const CONSOLE_POLICY =
  "default-src 'self'; connect-src 'self'; img-src 'self'; style-src 'self'; script-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'";

/**
 * Serves the built console page from a folder, compressed where the build has left compressed forms and the browser
 * takes them. Files under `assets/` carry a hash of their content in their name, so they may be kept for ever; of the
 * others browsers ask each time whether they are still the same.
 */
export function serveConsole(root: string): Middleware {
  return async (ctx, next) => {
    if (ctx.body != null || ctx.status !== 404 || (ctx.method !== 'GET' && ctx.method !== 'HEAD')) {
      await next();
      return;
    }
    const hashed = ctx.path.startsWith('/assets/');
    try {
      await send(ctx, ctx.path, { root, index: 'index.html', maxage: hashed ? YEAR_MS : 0, immutable: hashed });
    } catch (error) {
      // Not one of our files, or a path that tries to leave the folder: an ordinary unknown route.
      if (error instanceof Error && 'status' in error && (error.status === 404 || error.status === 400 || error.status === 403)) {
        await next();
        return;
      }
      throw error;
    }
    ctx.state['isConsole'] = true;
    ctx.set('Content-Security-Policy', CONSOLE_POLICY);
    ctx.vary('Accept-Encoding');
    if (hashed) return;
    ctx.set('Cache-Control', 'no-cache');
    // Weak, since it does not tell one encoding from another by their bytes but by their length.
    ctx.response.etag = `W/"${ctx.response.length?.toString(16)}-${ctx.response.lastModified?.getTime().toString(16)}"`;
    if (ctx.fresh) ctx.status = 304;
  };
}
