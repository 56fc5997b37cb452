// Runs inside a page, from before its first script: notes when each clock first showed which digits, as Unix
// milliseconds with fractions.
globalThis.shown = {};

new MutationObserver(() => {
  const at = performance.timeOrigin + performance.now();
  for (const clock of document.querySelectorAll('.clock')) {
    const digits = clock.querySelector('.clock-time')?.textContent ?? '';
    globalThis.shown[`${clock.dataset.player} ${digits}`] ??= at;
  }
}).observe(document, { subtree: true, childList: true, characterData: true });
