import { useEffect } from 'react';

/** Keeps the screen from going dark while `wanted`, where the browser can; a page that is not shown lets it go dark. */
export function useWakeLock(wanted: boolean): void {
  useEffect(() => {
    // Only in secure contexts, and not in every browser.
    const { wakeLock } = navigator as { wakeLock?: WakeLock };
    if (!wanted || wakeLock === undefined) return;
    let isOver = false;
    let lock: WakeLockSentinel | undefined;
    const release = (): void => void lock?.release().catch(() => undefined);
    const take = async (): Promise<void> => {
      if (document.visibilityState !== 'visible') return;
      // Refused where the battery is low, for example; the screen then goes dark as it would without.
      lock = await wakeLock.request('screen').catch(() => undefined);
      if (isOver) release();
    };
    const again = (): void => void take();
    document.addEventListener('visibilitychange', again);
    void take();
    return () => {
      isOver = true;
      document.removeEventListener('visibilitychange', again);
      release();
    };
  }, [wanted]);
}
