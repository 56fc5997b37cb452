import { useEffect, useSyncExternalStore } from 'react';
import { routeOf } from '../route.ts';

/** Whether the page fills the screen, and a function that changes that; null where the browser can't. */
export function useFullScreen(): { isOn: boolean; toggle: () => void } | null {
  const isOn = useSyncExternalStore(subscribe, () => document.fullscreenElement !== null);
  useEffect(
    () => () => {
      // A rematch is another page of the same kind.
      if (document.fullscreenElement !== null && routeOf(location.hash).page !== 'game') leave();
    },
    [],
  );
  // Absent from Safari on phones.
  if ((document as { fullscreenEnabled?: boolean }).fullscreenEnabled !== true) return null;
  const enter = (): void => void document.documentElement.requestFullscreen().catch(() => undefined);
  return { isOn, toggle: isOn ? leave : enter };
}

function leave(): void {
  void document.exitFullscreen().catch(() => undefined);
}

function subscribe(listener: () => void): () => void {
  document.addEventListener('fullscreenchange', listener);
  return () => document.removeEventListener('fullscreenchange', listener);
}
