/** The client that hooks use: of a provider, or given to each of them. */
import { createContext, createElement, type ReactElement, type ReactNode, useContext } from 'react';
import type { SyncKairosClient } from './client.ts';

const ClientContext = createContext<SyncKairosClient | null>(null);

/** Gives a client to all hooks below it, so that none of them has to be given one. */
export function SyncKairosProvider({ client, children }: { client: SyncKairosClient; children?: ReactNode }): ReactElement {
  return createElement(ClientContext.Provider, { value: client }, children);
}

/** The arguments of a hook: those of its own, and before them the client where no provider has one. */
export type Given<Own extends unknown[]> = [...own: Own] | [client: SyncKairosClient, ...own: Own];

/** The client and a hook's own arguments. @throws TypeError where there is neither a client nor a provider */
export function useGiven<Own extends [sessionId: string, ...unknown[]]>(given: Given<Own>): [client: SyncKairosClient, ...own: Own] {
  const provided = useContext(ClientContext);
  return hasClient(given) ? given : [clientOf(provided), ...given];
}

/** The client that a provider gives. @throws TypeError without one */
export function useClient(): SyncKairosClient {
  return clientOf(useContext(ClientContext));
}

function clientOf(provided: SyncKairosClient | null): SyncKairosClient {
  if (provided) return provided;
  throw new TypeError('There is no client: put <SyncKairosProvider client={…}> around this, or give the client to the hook');
}

function hasClient<Own extends [sessionId: string, ...unknown[]]>(given: Given<Own>): given is [client: SyncKairosClient, ...own: Own] {
  return typeof given[0] !== 'string';
}
