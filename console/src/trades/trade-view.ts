/** What the view of each trade gets. Each is loaded when a session needs it, so none is part of the first view. */
import type { SessionState, SyncKairosClient, SyncKairosError } from '@synckairos/client';
import { type ComponentType, lazy } from 'react';
import type { Rights } from '../access.ts';
import type { PressGuard } from '../game/press.ts';
import type { GameCommands } from '../game/use-game.ts';
import type { View } from '../trade.ts';

export interface TradeProps {
  client: SyncKairosClient;
  state: SessionState;
  rights: Rights;
  commands: GameCommands;
  guard: PressGuard;
  /** The refusal of the last command; null if it was not refused. */
  error: SyncKairosError | null;
}

export const TRADE_VIEWS: Partial<Record<View, ComponentType<TradeProps>>> = {
  hall: lazy(async () => ({ default: (await import('./hall-view.tsx')).HallView })),
  race: lazy(async () => ({ default: (await import('./race-view.tsx')).RaceView })),
  auction: lazy(async () => ({ default: (await import('./auction-view.tsx')).AuctionView })),
  rundown: lazy(async () => ({ default: (await import('./rundown-view.tsx')).RundownView })),
  intervals: lazy(async () => ({ default: (await import('./intervals-view.tsx')).IntervalsView })),
  quiz: lazy(async () => ({ default: (await import('./quiz-view.tsx')).QuizView })),
};
