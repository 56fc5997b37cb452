/** What a frame of another page shows in place of a view with controls. */

/** Whether another page shows this one within itself. */
export const isFramed: boolean = window.top !== window;

export function OwnWindow() {
  return (
    <main className="waiting">
      <h1>Not in a frame</h1>
      <p role="status">Only views without controls are shown within another page.</p>
      <a className="button" href={location.href} target="_blank" rel="noreferrer">
        Open it in a window of its own
      </a>
    </main>
  );
}
