import type { CommandName } from '#contract';

export interface RestRoute {
  method: 'get' | 'post' | 'delete';
  /** `:id` is the session. */
  path: string;
  /** The status of a success. */
  status: 200 | 201 | 204;
}

const verb = (name: string): RestRoute => ({ method: 'post', path: `/v1/sessions/:id/${name}`, status: 200 });

/** The commands that REST has. The router and the OpenAPI document are made from this table. */
export const REST_ROUTES = {
  'session:create': { method: 'post', path: '/v1/sessions', status: 201 },
  'session:get': { method: 'get', path: '/v1/sessions/:id', status: 200 },
  'session:delete': { method: 'delete', path: '/v1/sessions/:id', status: 204 },
  'session:history': { method: 'get', path: '/v1/sessions/:id/events', status: 200 },
  'session:start': verb('start'),
  'session:switch': verb('switch'),
  'session:pause': verb('pause'),
  'session:resume': verb('resume'),
  'session:finish': verb('finish'),
  'session:adjust': verb('adjust'),
  'session:extend': verb('extend'),
  'session:undo': verb('undo'),
  'session:schedule': verb('schedule'),
  'session:edit': verb('edit'),
  'session:complete': verb('complete'),
  'session:cancel': verb('cancel'),
  'session:message': verb('message'),
  'session:share': { method: 'post', path: '/v1/sessions/:id/share', status: 201 },
  'session:links': { method: 'get', path: '/v1/sessions/:id/share', status: 200 },
  'session:revoke': { method: 'delete', path: '/v1/sessions/:id/share/:link_id', status: 204 },
  'session:code': { method: 'post', path: '/v1/codes', status: 201 },
  'code:open': { method: 'get', path: '/j/:code', status: 200 },
} as const satisfies { [Name in CommandName]?: RestRoute };
