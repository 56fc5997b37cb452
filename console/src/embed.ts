/** What an instance serves at `/embed.js`: the element with its client, for a page that has no package. */
import { SyncKairosClock } from '@synckairos/client/element';

// This file lies beside the page, below BASE_PATH where there is one. A constant, since bundlers look for assets in
// `new URL('…', import.meta.url)`.
const own = import.meta.url;
SyncKairosClock.defaultServer = new URL('.', own).href;
