/** A link that leads nowhere: what is wrong with it, and the way to the first page. */
import type { LinkFault } from './route.ts';

const WORDS: Record<LinkFault, string> = {
  page: 'This page has no view of that name. Perhaps a part of the link got lost.',
  session: 'The link names no game: what stands in its place is missing, or is nothing that a game can be called.',
  delay: 'The delay of a stage is a number of seconds from 0 to 600: delay=5.',
};

export function Nowhere({ fault }: { fault: LinkFault }) {
  return (
    <main className="waiting">
      <h1>This link leads nowhere</h1>
      <p role="status">{WORDS[fault]}</p>
      <a className="button" href="#/">
        To the first page
      </a>
    </main>
  );
}
