import { useRef, useState } from 'react';

/** A text with a button that copies it. */
export function CopyField({ label, text, action = 'Copy link' }: { label: string; text: string; action?: string }) {
  const field = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    setCopied(await copyFrom(field.current));
  };
  return (
    <div className="copy">
      <input ref={field} readOnly value={text} aria-label={label} onFocus={(event) => event.target.select()} />
      <button type="button" onClick={() => void copy()} onBlur={() => setCopied(false)}>
        {copied ? 'Copied' : action}
      </button>
    </div>
  );
}

/**
 * Copies a field's text. Pages over plain http, such as a server in the same room, have no clipboard API: there the
 * selection is copied.
 */
async function copyFrom(field: HTMLInputElement | null): Promise<boolean> {
  if (field === null) return false;
  // The types promise a clipboard everywhere; browsers only have it in secure contexts.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  try {
    if (clipboard !== undefined) {
      await clipboard.writeText(field.value);
      return true;
    }
  } catch {
    // Not allowed, so the selection is copied.
  }
  field.select();
  return document.execCommand('copy');
}
