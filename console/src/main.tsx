import { SyncKairosClient } from '@synckairos/client';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { takeToken } from './access.ts';
import { App } from './app.tsx';
import { BASE_URL } from './base.ts';
import { watchAuthRefusal } from './auth-refusal.ts';
import { ignoreDoublePresses } from './double-press.ts';
import { splitToken } from './route.ts';
import './styles/base.css';
import './styles/controls.css';
import './styles/setup.css';
import './styles/game.css';
import './styles/play.css';
import './styles/states.css';
import './styles/sheets.css';
import './styles/operator.css';

const { token, offered } = takeToken();
// Another token is another client.
addEventListener('hashchange', () => splitToken(location.hash).token !== undefined && location.reload());

const client = new SyncKairosClient(BASE_URL, token === undefined ? {} : { token });
ignoreDoublePresses();
const authRefusal = watchAuthRefusal(client);
client.connect();

const root = document.getElementById('root');
if (root === null) throw new Error('The page has no #root');
createRoot(root).render(
  <StrictMode>
    <App client={client} token={token} offered={offered} authRefusal={authRefusal} />
  </StrictMode>,
);
