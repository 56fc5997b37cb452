/**
 * What a browser tells of the device: that somebody looks at the page again, and that there is a network. Elsewhere
 * nothing is told.
 */

/** The parts of a browser's globals that matter here; Node has none of them. */
interface Page {
  document?: EventTarget & { visibilityState: string };
  addEventListener?: EventTarget['addEventListener'];
  removeEventListener?: EventTarget['removeEventListener'];
}

/**
 * `wake`: the page is in sight again, perhaps after a sleep. `online`: a network is there again. Until the returned
 * function is called.
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
