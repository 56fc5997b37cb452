/** Events of the device in a browser: the page comes into sight, the network comes back. Elsewhere there are none. */

/** The parts of a browser's globals that matter here; Node has none of them. */
interface Page {
  document?: EventTarget & { visibilityState: string };
  addEventListener?: EventTarget['addEventListener'];
  removeEventListener?: EventTarget['removeEventListener'];
}

/**
 * Calls `wake` when the page comes into sight, perhaps after a sleep, and `online` when the network comes back, until
 * the returned function is called.
 */
export function onDevice(handlers: { wake: () => void; online: () => void }): () => void {
  const page = globalThis as Page;
  const visible = (): void => {
    if (page.document?.visibilityState === 'visible') handlers.wake();
  };
  page.document?.addEventListener('visibilitychange', visible);
  page.addEventListener?.('online', handlers.online);
  return () => {
    page.document?.removeEventListener('visibilitychange', visible);
    page.removeEventListener?.('online', handlers.online);
  };
}
