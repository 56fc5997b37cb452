import { useEffect, useEffectEvent } from 'react';

/** What single keys do. `?` and what else is named here is shown in the list of shortcuts. */
export const SHORTCUTS = [
  ['Space', 'Start, end the turn, resume'],
  ['P', 'Pause or resume'],
  ['U', 'Take back the last turn'],
  ['T', 'Say the times'],
  ['M', 'Sound on or off'],
  ['F', 'Full screen'],
  ['?', 'This list'],
] as const;

type Key = 'p' | 'u' | 't' | 'm' | 'f' | '?';

/**
 * Calls what belongs to a key that is pressed alone, outside fields and sheets. Without `all` only `?` does something,
 * for people whose speech input or hands press keys that they do not mean.
 */
export function useShortcuts(actions: Record<Key, () => void>, all: boolean): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    const { key, target, repeat, ctrlKey, altKey, metaKey } = event;
    const pressed = key.toLowerCase();
    if (repeat || ctrlKey || altKey || metaKey || !isKey(actions, pressed) || (!all && pressed !== '?')) return;
    if (target instanceof Element && target.closest('input, textarea, select') !== null) return;
    if (document.querySelector('dialog[open]') !== null) return;
    event.preventDefault();
    actions[pressed]();
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent): void => onKey(event);
    addEventListener('keydown', listener);
    return () => removeEventListener('keydown', listener);
  }, []);
}

function isKey(actions: Record<Key, () => void>, key: string): key is Key {
  return key in actions;
}
