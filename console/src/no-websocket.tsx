/** Explains why updates are slow, and what helps. */
import { useState } from 'react';
import { createPortal } from 'react-dom';
import { BASE_URL } from './base.ts';
import { Sheet } from './sheet.tsx';

export function WhyNotLive() {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button type="button" className="link" onClick={() => setOpen(true)}>
        Why?
      </button>
      {isOpen &&
        createPortal(
          <Sheet title="No live connection" onClose={() => setOpen(false)}>
            <p>
              Something between this device and the server lets no WebSocket through, by which all that happens would come at once: often a
              proxy, a firewall or a VPN.
            </p>
            <p>
              Clocks show the right time all the same. What others do is seen a few seconds later, or up to a minute where many devices on
              this network ask. What you do counts at once.
            </p>
            <p>
              Whoever runs the network or the server can let this address through: <code>{BASE_URL.replace(/^http/, 'ws')}socket.io/</code>.
              It is tried again all the time.
            </p>
          </Sheet>,
          document.body,
        )}
    </>
  );
}
