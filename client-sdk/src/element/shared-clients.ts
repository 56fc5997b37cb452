/** One client for all elements of a page that use a server with the same token. */
import { SyncKairosClient } from '../client.ts';
import type { SyncKairosOptions } from '../options.ts';

export type Token = NonNullable<SyncKairosOptions['token']>;

interface Shared {
  client: SyncKairosClient;
  users: number;
}

const known = new Map<string, Map<Token | undefined, Shared>>();

/**
 * A client of a server, the same one for each who asks with the same token, and the function that gives it back.
 * @throws TypeError for an invalid URL
 */
export function borrowClient(server: string, token: Token | undefined): { client: SyncKairosClient; giveBack: () => void } {
  const ofServer = known.get(server) ?? new Map<Token | undefined, Shared>();
  const shared = ofServer.get(token) ?? { client: new SyncKairosClient(server, token === undefined ? {} : { token }), users: 0 };
  known.set(server, ofServer.set(token, shared));
  shared.users += 1;
  const giveBack = (): void => {
    shared.users -= 1;
    // An element that is only moved within the page comes back at once.
    setTimeout(() => {
      if (shared.users > 0 || ofServer.get(token) !== shared) return;
      ofServer.delete(token);
      shared.client.disconnect();
    });
  };
  return { client: shared.client, giveBack };
}
