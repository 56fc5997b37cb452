/** The keys that do something in a game, and a way to switch them off. */
import { Sheet } from '../sheet.tsx';
import { useWishes } from '../wishes.ts';
import { Tick } from './sound-sheet.tsx';
import { SHORTCUTS } from './use-shortcuts.ts';

export function ShortcutSheet({ onClose }: { onClose: () => void }) {
  const [{ keys }, change] = useWishes();
  return (
    <Sheet title="Keys" onClose={onClose}>
      <dl className="keys">
        {SHORTCUTS.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <Tick label="Single letters do something" isOn={keys} onChange={(isOn) => change({ keys: isOn })} />
    </Sheet>
  );
}
