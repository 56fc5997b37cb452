// Runs inside a page, from before its first script: notes when each clock first showed which digits, and which words of
// a time control, as Unix milliseconds with fractions.
function look() {
  const at = performance.timeOrigin + performance.now();
  for (const clock of document.querySelectorAll('.clock')) {
    const digits = clock.querySelector('.clock-time')?.textContent ?? '';
    const phase = clock.querySelector('.clock-phase')?.textContent ?? '';
    globalThis.shown[`${clock.dataset.player} ${digits}`] ??= at;
    if (phase !== '') globalThis.phases[`${clock.dataset.player} ${phase}`] ??= at;
  }
}

/** Forgets all that clocks have shown but for what they show now. */
globalThis.forget = () => {
  globalThis.shown = {};
  globalThis.phases = {};
  look();
};

globalThis.shown = {};
globalThis.phases = {};
new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true });
