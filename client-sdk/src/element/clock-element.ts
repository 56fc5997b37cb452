/** `<synckairos-clock>`: a clock of a session on any page. docs/EMBED.md lists what a page may say and hear. */
import type { SyncKairosClient } from '../client.ts';
import { clockStore } from '../clock-store.ts';
import type { ExpiredEvent, SessionState, WarningEvent } from '../contract/index.ts';
import type { ClockPhaseEvent } from '../phase-watch.ts';
import { ATTRIBUTES, readAttributes, type Wishes } from './attributes.ts';
import { digitsOf, faceOf, inWords } from './digits.ts';
import { fill, type Parts } from './look.ts';
import { borrowClient, type Token } from './shared-clients.ts';
import { countsOf, moves, nameOf, readDigits, standingOf, STATES } from './shown-clock.ts';

/** What stands for digits that are not known. */
const UNKNOWN = '–:––';

/** The events of the element, by their names; each bubbles out of shadow trees. */
export interface ClockElementEvents {
  /** Each other state of the session; null once there is no such session. */
  'sk-state': CustomEvent<SessionState | null>;
  'sk-warning': CustomEvent<WarningEvent>;
  'sk-expired': CustomEvent<ExpiredEvent>;
  'sk-phase': CustomEvent<ClockPhaseEvent>;
}

// A program that renders pages on a server may import this file, though it has no elements.
const Base = (globalThis as { HTMLElement?: typeof HTMLElement }).HTMLElement ?? (class {} as typeof HTMLElement); // eslint-disable-line typescript/no-extraneous-class -- stands for nothing

/** Tells the developer of the page. */
function warn(text: string): void {
  // eslint-disable-next-line no-console -- a mistake by which nothing fails, but something is missing on the screen
  console.warn(`<synckairos-clock>: ${text}`);
}

/** The element. Whatever a page sets is taken up in the same turn of its event loop. */
export class SyncKairosClock extends Base {
  static readonly observedAttributes: readonly string[] = ATTRIBUTES;
  /** The server of elements without the attribute `server`; undefined: the one that the page comes from. */
  static defaultServer: string | undefined;

  readonly #internals: ElementInternals;
  readonly #parts: Parts;
  #givenClient: SyncKairosClient | undefined;
  #givenToken: Token | undefined;
  /** While the element is in a page. */
  #ends: (() => void)[] = [];
  #client: SyncKairosClient | undefined;
  #wishes: Wishes | undefined;
  #isPlanned = false;
  /** What is shown: with a delay not the newest. */
  #state: SessionState | null = null;
  #isDisplayed = false;
  #endTicks: (() => void) | undefined;

  constructor() {
    super();
    this.#internals = this.attachInternals();
    this.#parts = fill(this.attachShadow({ mode: 'open' }));
  }

  /** The client by which the element is told; one that is set is used in place of the page's own. */
  get client(): SyncKairosClient | undefined {
    return this.#givenClient ?? this.#client;
  }

  set client(client: SyncKairosClient | undefined) {
    this.#givenClient = client;
    this.#plan();
  }

  /** A token, or a function that gets a fresh one; it goes before the attribute. */
  get token(): Token | undefined {
    return this.#givenToken ?? this.getAttribute('token') ?? undefined;
  }

  set token(token: Token | undefined) {
    this.#givenToken = token;
    this.#plan();
  }

  connectedCallback(): void {
    // What a page has set before this class was there hides the accessors.
    for (const name of ['client', 'token'] as const) this.#takeUp(name);
    this.#plan();
  }

  disconnectedCallback(): void {
    this.#stop();
  }

  attributeChangedCallback(): void {
    this.#plan();
  }

  #takeUp(name: 'client' | 'token'): void {
    const early = Object.getOwnPropertyDescriptor(this, name);
    if (early === undefined || !Reflect.deleteProperty(this, name)) return;
    Reflect.set(this, name, early.value);
  }

  /** Begins anew, once for all that a page sets at a time. */
  #plan(): void {
    if (this.#isPlanned || !this.isConnected) return;
    this.#isPlanned = true;
    queueMicrotask(() => {
      this.#isPlanned = false;
      this.#stop();
      if (this.isConnected) this.#begin();
    });
  }

  #begin(): void {
    const wishes = (this.#wishes = readAttributes(this, warn));
    const client = this.#borrow();
    this.#client = client;
    if (client !== undefined && wishes.session !== null) this.#follow(client, wishes.session, wishes.delayMs);
    this.#draw();
  }

  #borrow(): SyncKairosClient | undefined {
    if (this.#givenClient !== undefined) return this.#givenClient;
    const given = this.getAttribute('server');
    try {
      const server = new URL(given ?? SyncKairosClock.defaultServer ?? '/', document.baseURI).href;
      const { client, giveBack } = borrowClient(server, this.token);
      this.#ends.push(giveBack);
      return client;
    } catch (error) {
      warn(`server is "${given}": ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }

  #follow(client: SyncKairosClient, session: string, delayMs: number): void {
    const timers = new Set<ReturnType<typeof setTimeout>>();
    const late = (run: () => void, ms = delayMs): void => {
      if (ms === 0) return run();
      const timer = setTimeout(() => {
        timers.delete(timer);
        run();
      }, ms);
      timers.add(timer);
    };
    let isFirst = true;
    const show = (state: SessionState | null): void => {
      // Nobody knows what was before the first one.
      late(() => this.#show(state), isFirst ? 0 : delayMs);
      isFirst = false;
    };
    const tell = (name: keyof ClockElementEvents, detail: { session_id: string }, leftMs?: number): void => {
      if (detail.session_id !== session) return;
      late(() => {
        this.#tell(name, detail);
        if (leftMs !== undefined) this.#announce(leftMs);
      });
    };
    const seen = new IntersectionObserver(([entry]) => this.#display(entry?.isIntersecting === true));
    seen.observe(this);
    const visibility = (): void => this.#tick();
    document.addEventListener('visibilitychange', visibility);
    this.#ends.push(
      () => seen.disconnect(),
      () => document.removeEventListener('visibilitychange', visibility),
      () => timers.forEach((timer) => clearTimeout(timer)),
      client.on('timeWarning', (event) => tell('sk-warning', event, event.threshold_ms)),
      client.on('timeExpired', (event) => tell('sk-expired', event, 0)),
      client.on('clockPhase', (event) => tell('sk-phase', event)),
      client.on('timeSynced', () => this.#draw()),
      client.connection.subscribe(() => this.#draw()),
      client.watch(session, show),
    );
  }

  #stop(): void {
    this.#endTicks?.();
    this.#endTicks = undefined;
    for (const end of this.#ends.splice(0)) end();
    this.#client = undefined;
    this.#state = null;
    this.#isDisplayed = false;
  }

  #tell(name: keyof ClockElementEvents, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }

  #announce(leftMs: number): void {
    if (this.#wishes?.announces === true) this.#parts.announcement.textContent = inWords(leftMs, this.#language());
  }

  #show(state: SessionState | null): void {
    this.#state = state;
    this.#tick();
    this.#draw();
    this.#tell('sk-state', state);
  }

  #display(isDisplayed: boolean): void {
    this.#isDisplayed = isDisplayed;
    this.#tick();
  }

  /** Draws at each digit, but only where somebody can see it. */
  #tick(): void {
    this.#endTicks?.();
    this.#endTicks = undefined;
    if (!this.#isDisplayed || document.hidden || this.#state === null) return;
    this.#endTicks = this.#store(this.#state)?.subscribe(() => this.#draw());
  }

  /** The digits of the clock in a state, as the other displays of the client have them. */
  #store(state: SessionState) {
    const [client, wishes] = [this.client, this.#wishes];
    if (client === undefined || wishes === undefined) return undefined;
    const { owner, tenthsBelowMs, delayMs } = wishes;
    const counts = this.#counts(state, wishes);
    // Before the first state that came nothing is known.
    const since = delayMs === 0 ? 0 : Date.parse(state.updated_at);
    const store = clockStore(
      {
        state: () => state,
        isSynced: () => client.getClockStatus().state !== 'syncing',
        now: () => Math.max(client.getServerTime() - delayMs, since),
        moves: () => moves(state, owner, counts),
        read: (at) => readDigits(state, owner, counts, at),
        subscribe: (listener) => client.on('timeSynced', listener),
      },
      faceOf(counts, wishes.format === 'spoken' ? 0 : tenthsBelowMs),
    );
    this.#digits = { of: state, read: store.getSnapshot };
    return store;
  }

  #digits: { of: SessionState; read: () => number | null } | undefined;

  #draw(): void {
    const [client, wishes, state] = [this.client, this.#wishes, this.#state];
    if (client === undefined || wishes === undefined) return this.#write(UNKNOWN, '', []);
    const { owner, identifier, format, tenthsBelowMs, delayMs } = wishes;
    const states: string[] = [];
    const connection = client.connection.getSnapshot();
    if (connection !== 'connected' && connection !== 'fallback') states.push('offline');
    if (client.getClockStatus().state === 'syncing') states.push('unsynced');
    if (state === null) return this.#write(UNKNOWN, identifier ?? '', states);
    if (this.#digits?.of !== state) this.#store(state);
    const standing = standingOf(state, owner, client.getServerTime() - delayMs);
    if (standing !== undefined) states.push(standing);
    const shown = this.#digits?.read() ?? null;
    const text = shown === null ? UNKNOWN : format === 'spoken' ? inWords(shown, this.#language()) : digitsOf(shown, tenthsBelowMs);
    this.#write(text, identifier === '' ? nameOf(state, owner) : (identifier ?? ''), states);
  }

  #write(digits: string, identifier: string, states: readonly string[]): void {
    if (this.#parts.digits.textContent !== digits) this.#parts.digits.textContent = digits;
    if (this.#parts.identifier.textContent !== identifier) this.#parts.identifier.textContent = identifier;
    for (const state of STATES) this.#setState(state, states.includes(state));
  }

  /** Browsers from before 2024 know no such states; there the page goes by `sk-state`. */
  #setState(state: string, isOn: boolean): void {
    try {
      if (isOn) this.#internals.states.add(state);
      else this.#internals.states.delete(state);
    } catch {
      // Some of them take names with dashes only.
    }
  }

  #counts(state: SessionState, { format }: Wishes): 'down' | 'up' {
    return format === 'stopwatch' ? 'up' : format === 'countdown' ? 'down' : countsOf(state);
  }

  #language(): string {
    return this.closest('[lang]')?.getAttribute('lang') ?? '';
  }
}

const registry = (globalThis as { customElements?: CustomElementRegistry }).customElements;
// A page may load it twice.
if (registry?.get('synckairos-clock') === undefined) registry?.define('synckairos-clock', SyncKairosClock);
