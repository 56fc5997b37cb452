/** An auction: the lot under the hammer, who leads and with how much, and whoever bids. */
import type { SessionState } from '@synckairos/client';
import { useCountdown } from '@synckairos/client/react';
import { useState } from 'react';
import { ClockPanel } from '../game/clock-panel.tsx';
import { facesOf } from '../game/faces.ts';
import { usePress } from '../game/press.ts';
import { hasEnded, inOrder, isGap, presentItem } from '../trade.ts';
import { nameOf } from '../words.ts';
import { amountOf, bidFor, call, type Lot, lotsOf, presentLot, withoutLast } from './lots.ts';
import type { TradeProps } from './trade-view.ts';
import '../styles/auction.css';

const STEPS = [10, 50, 100, 500];
const FIRST_STEP = 10;

export function AuctionView(props: TradeProps) {
  const { client, state, rights, commands, guard } = props;
  const [step, setStep] = useState(FIRST_STEP);
  const lot = presentLot(state);
  const [face] = facesOf(state);
  if (lot === undefined || face === undefined) return null;
  const rests = isGap(presentItem(state));
  const isRunning = state.status === 'running' && !rests;
  const isOver = hasEnded(state);
  const bid = (by: string): void =>
    commands.act(async () => {
      await client.edit(state.session_id, bidFor(state, lot, by, (lot.bid?.amount ?? 0) + step));
      return client.extend(state.session_id, { participant_id: by, reason: 'bid' });
    });
  const back = withoutLast(state, lot);
  // A participant's token may ask for more time and change nothing, so whoever holds one raises their paddle.
  const mayBid = isRunning && (rights.turn || (rights.own !== undefined && rights.role !== 'participant'));
  return (
    <section className="auction" aria-label="Auction">
      <p className="auction-lot">
        Lot <b className="number">{lot.number}</b> of {lotsOf(state).length}
      </p>
      {rests || isOver ? (
        <Results state={state} upTo={isOver ? Infinity : lot.number} />
      ) : (
        <div className="board" data-clocks="1">
          <ClockPanel
            client={client}
            state={state}
            face={{ ...face, name: lot.title, note: '' }}
            mayEnd={false}
            rests={false}
            onSwitch={() => undefined}
          />
        </div>
      )}
      {!rests && !isOver && <Leader {...props} lot={lot} />}
      {mayBid && (
        <>
          <div className="auction-steps" role="radiogroup" aria-label="By how much a bid is more">
            {STEPS.map((more) => (
              <label key={more} className="chip number">
                <input type="radio" name="step" checked={more === step} onChange={() => setStep(more)} />+{more}
              </label>
            ))}
            {rights.turn && (
              <button
                type="button"
                className="chip"
                aria-disabled={back === null}
                data-resting={guard.rests}
                onClick={() => back !== null && commands.act(() => client.edit(state.session_id, back))}
              >
                Take back<span className="sr-only"> the last bid</span>
              </button>
            )}
          </div>
          <div className="roster" role="group" aria-label="Who bids">
            {inOrder(state)
              .filter(({ participant_id: id, withdrawn }) => withdrawn !== true && (rights.own === undefined || rights.own === id))
              .map(({ participant_id: id }) => (
                <Paddle
                  key={id}
                  name={rights.own === undefined ? nameOf(state, id) : `Bid ${amountOf((lot.bid?.amount ?? 0) + step)}`}
                  isOwn={rights.own !== undefined}
                  leads={lot.bid?.by === id}
                  rests={guard.rests}
                  onBid={() => bid(id)}
                />
              ))}
          </div>
        </>
      )}
    </section>
  );
}

interface PaddleProps {
  name: string;
  isOwn: boolean;
  leads: boolean;
  rests: boolean;
  onBid: () => void;
}

function Paddle({ name, isOwn, leads, rests, onBid }: PaddleProps) {
  // Nobody bids against themselves.
  const press = usePress(() => !leads && onBid());
  return (
    <button type="button" className={isOwn ? 'primary' : 'chip'} aria-pressed={leads} aria-disabled={leads} data-resting={rests} {...press}>
      {name}
    </button>
  );
}

/** Who leads, and what the auctioneer says. */
function Leader({ client, state, rights, lot }: TradeProps & { lot: Lot }) {
  const left = useCountdown(client, state.session_id, 'global');
  const { bid } = lot;
  const said = state.status === 'running' && left !== null ? call(state, lot, left) : '';
  const mine = rights.own === undefined || bid === null ? '' : bid.by === rights.own ? 'You lead' : 'You are outbid';
  return (
    <p className="auction-leader" role="status">
      <b className="number">{bid === null ? 'No bid yet' : amountOf(bid.amount)}</b>
      {bid !== null && <span dir="auto">{nameOf(state, bid.by)}</span>}
      {mine !== '' && <span className="auction-mine">{mine}</span>}
      <span className="auction-call">{said}</span>
    </p>
  );
}

/** The lots that are sold, and for how much. */
function Results({ state, upTo }: { state: SessionState; upTo: number }) {
  return (
    <ol className="auction-results" aria-label="Lots">
      {lotsOf(state)
        .filter(({ number }) => number <= upTo)
        .reverse()
        .map(({ key, number, title, bid }) => (
          <li key={key} value={number}>
            <span dir="auto">{title}</span>
            <b>{bid === null ? 'not sold' : `sold to ${nameOf(state, bid.by)} for ${amountOf(bid.amount)}`}</b>
          </li>
        ))}
    </ol>
  );
}
