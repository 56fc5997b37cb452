import { SyncKairosClient } from '@synckairos/client';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import './styles/base.css';
import './styles/setup.css';
import './styles/game.css';
import './styles/controls.css';

const client = new SyncKairosClient(location.origin);
client.connect();

const root = document.getElementById('root');
if (root === null) throw new Error('The page has no #root');
createRoot(root).render(
  <StrictMode>
    <App client={client} />
  </StrictMode>,
);
