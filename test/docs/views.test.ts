import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { PARAMETERS, type Route, routeOf } from '../../console/src/route.ts';

const text = readFileSync(path.resolve(import.meta.dirname, '../../docs/VIEWS.md'), 'utf8');
/** The rows of the table below a heading: their first two cells, without the code marks. */
const rows = (heading: string): [string, string][] => {
  const [, section = ''] = text.split(`\n## ${heading}\n`);
  return [...(section.split('\n## ')[0] ?? '').matchAll(/^\| `([^`]+)` \| `([^`]+)` \|/gm)].map(([, link = '', second = '']) => [
    link,
    second,
  ]);
};
/** Each page that a link can lead to; the compiler asks for a new one. */
const PAGES: Record<Exclude<Route['page'], 'nowhere'>, true> = {
  setup: true,
  game: true,
  code: true,
  stage: true,
  board: true,
  playground: true,
  operator: true,
};
const EXAMPLES: Record<string, string> = { PARTICIPANT: 'anna', ID: 'game-1', SECONDS: '5', NOTATION: '5%2B3' };

describe('the document of the views', () => {
  it('CO-193 VIEWS lists every link of the page and every parameter, each of which leads where it says', () => {
    const links = rows('Links');
    expect([...new Set(links.map(([, page]) => page))]).to.have.members(Object.keys(PAGES));
    for (const [link, page] of links) expect(routeOf(link).page, link).to.equal(page);
    const parameters = rows('Parameters');
    // The token is told in a sentence, since every link may have it.
    expect(['token=', ...parameters.map(([, one]) => one.replace(/=.*/, '='))]).to.have.members(PARAMETERS);
    for (const [link, parameter] of parameters) {
      const given = parameter.replace(/[A-Z]+$/, (name) => EXAMPLES[name] ?? name);
      const route = routeOf(`${link}&${given}`);
      expect(route.page, given).to.equal(routeOf(link).page);
      expect(route, given).not.to.deep.equal(routeOf(link));
    }
  });
});
