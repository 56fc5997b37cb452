/** What is seldom wanted, behind one button. Escape, a press beside it, and whatever is chosen close it. */
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Icon } from './icon.tsx';

export function MoreMenu({ rests, children }: { rests: boolean; children: ReactNode }) {
  const [isOpen, setOpen] = useState(false);
  const whole = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!isOpen) return;
    const beside = (event: Event): void => {
      if (event.target instanceof Node && !whole.current?.contains(event.target)) setOpen(false);
    };
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape') return;
      setOpen(false);
      opener.current?.focus();
    };
    addEventListener('pointerdown', beside, true);
    addEventListener('focusin', beside, true);
    addEventListener('keydown', onKey);
    return () => {
      removeEventListener('pointerdown', beside, true);
      removeEventListener('focusin', beside, true);
      removeEventListener('keydown', onKey);
    };
  }, [isOpen]);
  // A sheet that the button opens gives the focus back to where it was, and the button is gone by then.
  const choose = (): void => {
    opener.current?.focus();
    setOpen(false);
  };
  return (
    <div className="more-menu" ref={whole}>
      <button ref={opener} type="button" data-resting={rests} aria-expanded={isOpen} aria-label="More" onClick={() => setOpen(!isOpen)}>
        <Icon name="more" />
      </button>
      {isOpen && (
        <div className="more-items" role="group" aria-label="More" onClick={choose}>
          {children}
        </div>
      )}
    </div>
  );
}
