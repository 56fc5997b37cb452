import type { Middleware } from 'koa';
import { CONSOLE_POLICY } from './console.ts';

/**
 * Notes that no route has a request's path, and where the first page is from there; relative, since a proxy may have
 * removed a part of the path.
 */
export function noteWrongPath(state: Record<string, unknown>, path: string): void {
  state['wayBack'] = '../'.repeat(Math.max(0, path.split('/').length - 2)) || './';
}

/**
 * Answers a wrong path with a page that leads to the first page, if the client prefers HTML as browsers do. Programs
 * get JSON.
 */
export const showWayBack: Middleware = async (ctx, next) => {
  await next();
  const wayBack: unknown = ctx.state['wayBack'];
  if (typeof wayBack !== 'string' || (ctx.method !== 'GET' && ctx.method !== 'HEAD')) return;
  ctx.vary('Accept');
  if (ctx.accepts('json', 'html') !== 'html') return;
  ctx.set('Content-Security-Policy', CONSOLE_POLICY);
  ctx.type = 'html';
  ctx.body = page(wayBack);
};

/** The page does not contain the path, which a stranger may have chosen. */
const page = (wayBack: string): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <link rel="icon" href="${wayBack}favicon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="${wayBack}way-back.css" />
    <title>Nothing here – SyncKairos</title>
  </head>
  <body>
    <main>
      <img src="${wayBack}favicon.svg" alt="" width="44" height="44" />
      <h1>There is nothing here</h1>
      <p>No page has this address. A link to a game has a # in it; perhaps a part of yours got lost.</p>
      <p><a href="${wayBack}">To the first page</a></p>
    </main>
  </body>
</html>
`;
