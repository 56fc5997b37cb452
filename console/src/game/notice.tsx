/** Shows for a few seconds what went wrong. */
import type { SyncKairosError } from '@synckairos/client';
import { useEffect, useState } from 'react';
import { explain } from '../words.ts';

const SHOWN_FOR_MS = 6_000;

export function Notice({ error }: { error: SyncKairosError | null }) {
  const [seen, setSeen] = useState<SyncKairosError | null>(null);
  useEffect(() => {
    const timer = setTimeout(() => setSeen(error), SHOWN_FOR_MS);
    return () => clearTimeout(timer);
  }, [error]);
  return (
    <p className="notice" role="alert">
      {error === null || error === seen ? '' : explain(error)}
    </p>
  );
}
