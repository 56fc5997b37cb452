import { expect } from 'chai';
import { createElement, StrictMode } from 'react';
import { renderToString } from 'react-dom/server';
import { SyncKairosClient } from '../../../client-sdk/src/index.ts';
import { useCountdown, useNow, useStopwatch, useSyncKairos } from '../../../client-sdk/src/react.ts';

const client = new SyncKairosClient('http://127.0.0.1:9');

function Game() {
  const game = useSyncKairos('game', client, 'white');
  const left = useCountdown(client, 'game', 'white');
  const used = useStopwatch(client, 'game');
  return createElement(
    'p',
    {},
    JSON.stringify([game.status, game.activeParticipantId, game.isConnected, game.error, left, used, useNow()]),
  );
}

describe('React hooks on the server', () => {
  it('J-46 rendered on a server, the hooks show nothing that is not known yet and open no connection', () => {
    const html = renderToString(createElement(StrictMode, {}, createElement(Game)));
    expect(html).to.equal('<p>[null,null,false,null,null,null,0]</p>');
    expect(client.connection.getSnapshot()).to.equal('idle');
  });

  it('J-179 a hook without a client and without a provider is a TypeError that says what to do', () => {
    const Lost = () => createElement('p', {}, useCountdown('game'));
    expect(() => renderToString(createElement(Lost))).to.throw(TypeError, '<SyncKairosProvider client={…}>');
  });
});
