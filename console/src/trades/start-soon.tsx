import type { TradeProps } from './trade-view.ts';

const COUNTDOWN_MS = 10_000;

/** Plans the start of a session, to which every screen counts down; nothing where that is planned or not allowed. */
export function StartSoon({ client, state, rights, commands, guard, className }: TradeProps & { className: string }) {
  if (state.status !== 'pending' || !rights.start || state.starts_at != null) return null;
  const plan = (): void => {
    const starts_at = new Date(Math.round(client.getServerTime()) + COUNTDOWN_MS).toISOString();
    commands.act(() => client.schedule(state.session_id, { starts_at }));
  };
  return (
    <button type="button" className={`more ${className}`} data-resting={guard.rests} onClick={plan}>
      Start in 10 s
    </button>
  );
}
