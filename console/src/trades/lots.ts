/** The lots of an auction, and what was bid for them. Pure. */
import type { EditPayload, SessionState } from '@synckairos/client';
import { hasEnded, isGap, presentItem, titleOfItem } from '../trade.ts';

export interface Bid {
  /** The participant who bid. */
  by: string;
  amount: number;
}

export interface Lot {
  /** Names the lot in the session's metadata. */
  key: string;
  title: string;
  /** From 1. */
  number: number;
  bid: Bid | null;
  /** Whether it may still be bid for, or may be later. */
  isOpen: boolean;
}

/** All lots; a session without items is one lot. */
export function lotsOf(state: SessionState): Lot[] {
  const isOver = hasEnded(state);
  const { items } = state;
  if (items === undefined) return [{ key: 'lot', title: 'The lot', number: 1, bid: bidOf(state, 'lot'), isOpen: !isOver }];
  return items
    .filter((item) => !isGap(item))
    .map((item, index) => ({
      key: item.item_id,
      title: titleOfItem(item),
      number: index + 1,
      bid: bidOf(state, item.item_id),
      isOpen: !isOver && (item.status === 'running' || item.status === 'waiting'),
    }));
}

/** The lot under the hammer, or the one that was there last. */
export function presentLot(state: SessionState): Lot | undefined {
  const lots = lotsOf(state);
  const present = presentItem(state);
  if (!isGap(present)) return lots.find(({ key }) => present === undefined || key === present.item_id);
  const before = state.items
    ?.slice(0, state.item_index ?? 0)
    .reverse()
    .find((item) => !isGap(item));
  return lots.find(({ key }) => key === before?.item_id);
}

function bidOf({ metadata }: SessionState, key: string): Bid | null {
  const bid = metadata[`bid-${key}`];
  return isBid(bid) ? bid : null;
}

function isBid(value: unknown): value is Bid {
  return typeof value === 'object' && value !== null && 'by' in value && 'amount' in value && typeof value.amount === 'number';
}

/**
 * What records a bid. It is for the version that was seen: of two for the same amount the first counts, and none comes
 * after the end.
 */
export function bidFor(state: SessionState, { key, bid }: Lot, by: string, amount: number): Omit<EditPayload, 'session_id'> {
  const before = bid === null ? null : { by: bid.by, amount: bid.amount };
  return { metadata: { [`bid-${key}`]: { by, amount }, [`before-${key}`]: before }, expected_version: state.version };
}

/** What takes the last bid back; null where there is none, or it was taken back already. */
export function withoutLast(state: SessionState, { key, bid }: Lot): Omit<EditPayload, 'session_id'> | null {
  if (bid === null) return null;
  const before = state.metadata[`before-${key}`];
  return {
    metadata: { [`bid-${key}`]: isBid(before) ? { by: before.by, amount: before.amount } : null, [`before-${key}`]: null },
    expected_version: state.version,
  };
}

/** An amount as people write it; the currency is the auctioneer's business. */
export function amountOf(amount: number): string {
  return amount.toLocaleString();
}

/** What the auctioneer says: from the window of the soft close on, once and then twice. */
export function call({ extension }: SessionState, { bid }: Lot, leftMs: number): string {
  const window = extension?.window_ms ?? 0;
  if (leftMs > window) return '';
  if (bid === null) return 'Last chance';
  return leftMs > window / 2 ? 'Going once' : 'Going twice';
}
