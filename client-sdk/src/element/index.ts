/** `@synckairos/client/element`: defines `<synckairos-clock>`. docs/EMBED.md of the repository tells how it is used. */
import type { SyncKairosClock } from './clock-element.ts';

export type { ClockElementEvents } from './clock-element.ts';
export { SyncKairosClock } from './clock-element.ts';

declare global {
  interface HTMLElementTagNameMap {
    'synckairos-clock': SyncKairosClock;
  }
}
