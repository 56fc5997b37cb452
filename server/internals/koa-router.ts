/**
 * The pattern of the route that @koa/router 15.7.0 found for a request, such as `/v1/sessions/:id`; undefined for none.
 * Reads `_matchedRoute` of the context.
 */
export function matchedRoute(ctx: object): string | undefined {
  const { _matchedRoute: pattern } = ctx as { _matchedRoute?: unknown };
  return typeof pattern === 'string' ? pattern : undefined;
}
