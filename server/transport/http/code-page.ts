import type { Middleware } from 'koa';
import { opensCode } from './paths.ts';

/**
 * Leads a browser that follows a join code to the page, which opens the code. So a program that previews links uses
 * no try, and a token never is in an address that a server sends. Programs, which do not prefer HTML, get the answer.
 */
export const leadToPage: Middleware = async (ctx, next) => {
  const [, , code = ''] = ctx.path.split('/');
  if (ctx.method === 'GET' && opensCode(ctx.path) && code !== '') {
    ctx.vary('Accept');
    if (ctx.accepts('json', 'html') === 'html') {
      // Relative, since a proxy may have removed a part of the path.
      ctx.redirect(`${ctx.path.endsWith('/') ? '../' : ''}../#/j/${code}`);
      ctx.status = 303;
      return;
    }
  }
  await next();
};
