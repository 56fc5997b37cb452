import type { Middleware } from 'koa';
import send from 'koa-send';

/** Where pages elsewhere load the element `<synckairos-clock>` from. */
const EMBED_PATH = '/embed.js';
const YEAR_MS = 31_536_000_000;
/** The page may run and reach only what its server sends, and nobody frames it. */
export const CONSOLE_POLICY = policyFor([]);

/** The policy of a page that pages of these origins may frame. */
function policyFor(embedOrigins: readonly string[]): string {
  const ancestors = embedOrigins.length === 0 ? "'none'" : ["'self'", ...embedOrigins].join(' ');
  return `default-src 'self'; connect-src 'self'; img-src 'self'; style-src 'self'; script-src 'self'; base-uri 'none'; frame-ancestors ${ancestors}; form-action 'none'`;
}

/**
 * Serves the built console page from a folder, compressed if the build made compressed files and the browser accepts
 * them. Files in `assets/` have a hash of their content in their names, so browsers may keep them for ever; they
 * revalidate all other files each time. Pages of `embedOrigins` (`*`: all) may frame it.
 */
export function serveConsole(root: string, embedOrigins: readonly string[]): Middleware {
  const policy = policyFor(embedOrigins);
  return async (ctx, next) => {
    if (ctx.body != null || ctx.status !== 404 || (ctx.method !== 'GET' && ctx.method !== 'HEAD')) {
      await next();
      return;
    }
    const hashed = ctx.path.startsWith('/assets/');
    try {
      await send(ctx, ctx.path, { root, index: 'index.html', maxage: hashed ? YEAR_MS : 0, immutable: hashed });
    } catch (error) {
      // Not one of our files, or a path out of the folder: an unknown route like any other.
      if (error instanceof Error && 'status' in error && (error.status === 404 || error.status === 400 || error.status === 403)) {
        await next();
        return;
      }
      throw error;
    }
    ctx.state['isConsole'] = true;
    ctx.set('Content-Security-Policy', policy);
    // It knows no list of origins; browsers that know the policy pass over it.
    if (embedOrigins.length > 0) ctx.remove('X-Frame-Options');
    ctx.vary('Accept-Encoding');
    if (ctx.path === EMBED_PATH) {
      // A program tells nothing of a session, so every page may load it; CORS_ORIGIN rules what it then asks for.
      ctx.set('Access-Control-Allow-Origin', '*');
      ctx.set('Cross-Origin-Resource-Policy', 'cross-origin');
    }
    if (hashed) return;
    ctx.set('Cache-Control', 'no-cache');
    // Weak, since it tells encodings apart by their length only, not by their bytes.
    ctx.response.etag = `W/"${ctx.response.length?.toString(16)}-${ctx.response.lastModified?.getTime().toString(16)}"`;
    if (ctx.fresh) ctx.status = 304;
  };
}
