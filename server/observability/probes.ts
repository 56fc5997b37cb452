import type { Server, ServerResponse } from 'node:http';
import { createExposition } from './exposition.ts';
import type { Metrics } from './metrics.ts';

export interface ProbesOptions {
  metrics: Pick<Metrics, 'registry' | 'ready'>;
  /** The state of each part, and whether the process does its work. */
  readiness(): Promise<{ ready: boolean; checks: Record<string, string> }>;
}

/** Answers `/health`, `/ready` and `/metrics` on a server that has no other requests, as an instance answers them. */
export function serveProbes(http: Server, { metrics, readiness }: ProbesOptions): void {
  const exposition = createExposition(metrics, readiness);
  const routes = new Map<string | undefined, (response: ServerResponse) => Promise<void>>([
    ['/health', async (response) => send(response, 200, { status: 'ok' })],
    [
      '/ready',
      async (response) => {
        const { ready, checks } = await readiness();
        send(response, ready ? 200 : 503, { status: ready ? 'ready' : 'not_ready', checks });
      },
    ],
    [
      '/metrics',
      async (response) => {
        const text = await exposition.text();
        response.writeHead(200, { 'Content-Type': exposition.contentType }).end(text);
      },
    ],
  ]);
  http.on('request', (request, response) => {
    const answer = request.method === 'GET' ? routes.get(request.url) : undefined;
    // The client is told nothing about a failure.
    if (answer !== undefined) answer(response).catch(() => response.writeHead(500).end());
    else send(response, 404, { status: 'not_found' });
  });
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
}
