/** Asks once more, since an ended game can't be taken up again, and whether it counts. */
import { Sheet } from '../sheet.tsx';

interface FinishSheetProps {
  onFinish: () => void;
  onCancel: () => void;
  onClose: () => void;
}

export function FinishSheet({ onFinish, onCancel, onClose }: FinishSheetProps) {
  const then = (end: () => void) => (): void => {
    end();
    onClose();
  };
  return (
    <Sheet title="Finish?" onClose={onClose}>
      <p>The clocks stop for good, on every device.</p>
      <div className="steps">
        <button type="button" className="primary" onClick={then(onFinish)}>
          Finish the game
        </button>
        <button type="button" onClick={then(onCancel)}>
          Cancel it: it won’t count
        </button>
      </div>
    </Sheet>
  );
}
