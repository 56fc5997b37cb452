/** The inside of the element: its parts, and how they look where the page says nothing else. */

const STYLE = `
:host { display: inline-block; color: var(--sk-color, inherit); font-family: var(--sk-font, inherit); text-align: center; }
:host([hidden]) { display: none; }
:host([mirror]) { transform: scaleX(-1); }
[part='digits'] { font-variant-numeric: tabular-nums; white-space: nowrap; }
[part='identifier'] { display: block; font-size: var(--sk-identifier-size, 0.5em); }
[part='identifier']:empty { display: none; }
[part='announcement'] { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
:host(:state(paused)) { color: var(--sk-paused-color, var(--sk-color, inherit)); }
:host(:state(overrun)) { color: var(--sk-overrun-color, #d32f2f); }
:host(:state(expired)) { color: var(--sk-expired-color, #d32f2f); }
:host(:state(offline)) { opacity: var(--sk-offline-opacity, 0.6); }
`;

let sheet: CSSStyleSheet | undefined;

export interface Parts {
  identifier: HTMLElement;
  digits: HTMLElement;
  announcement: HTMLElement;
}

/** Fills a new shadow root. Neither `style` elements nor attributes, which a page's policy may forbid. */
export function fill(root: ShadowRoot): Parts {
  if (sheet === undefined) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
  }
  root.adoptedStyleSheets = [sheet];
  const part = (name: string, role?: string): HTMLElement => {
    const element = document.createElement('span');
    element.setAttribute('part', name);
    if (role !== undefined) element.setAttribute('role', role);
    root.append(element);
    return element;
  };
  return { identifier: part('identifier'), digits: part('digits', 'timer'), announcement: part('announcement', 'status') };
}
