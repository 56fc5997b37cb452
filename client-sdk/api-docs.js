// Makes docs/API.md from the docstrings in the built declarations (`npm run build` first); with --print it only prints
// it.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const here = import.meta.dirname;

/** What the reference tells of, in this order: title, and the built declarations. */
const CHAPTERS = [
  ['The client', ['client', 'session-commands', 'options', 'events', 'errors', 'clock-sync', 'device-clock', 'connection']],
  ['Formatting and arithmetic', ['format-time', 'clock/reading', 'clock/find', 'clock/clock', 'clock/modes']],
  ['Time controls', ['notation', 'play-through']],
  ['React hooks: `@synckairos/client/react`', ['use-sync-kairos', 'use-time', 'use-programme', 'use-client']],
  ['Optimistic switches: `@synckairos/client/optimistic`', ['clock/turns']],
  [
    'The contract',
    ['contract/state', 'contract/commands', 'contract/events', 'contract/reply', 'contract/access', 'contract/time-control'],
  ],
];
/** What is exported inside the package only. */
const INTERNAL = new Set(
  [
    'ClockSync ClockSyncOptions Connection CommandParts ResolvedOptions later pause',
    'resolveOptions refusal unreachable timedOut asError unsettled readFound isMoving',
    'useGiven Given about',
    'Clock countdown read untilFall settle beginTurn endTurn adjust',
    'FoundClock findClock participantClock keepClock runningOwner ClockHolder clockHolder',
    'Charge draftOf settleSession countTurn passTurn successor hasTime markExpired beginCycle activate',
  ].flatMap((names) => names.split(' ')),
);

const builtText = (file) => readFileSync(path.join(here, 'dist/esm', `${file}.d.ts`), 'utf8');

/** What each command answers with, by its name. */
const ANSWERS = new Map(
  [...builtText('contract/commands').matchAll(/'(?<name>[\w:]+)': \{\s+payload: \w+;\s+data: (?<data>\w+);/g)].map(({ groups }) => [
    groups.name,
    groups.data,
  ]),
);

/**
 * Top-level declarations of a file, each with its docstring: from a line that exports something to the last one
 * indented or closing below it.
 */
function declarationsOf(file) {
  const text = builtText(file);
  const found = text.matchAll(
    /(?:^\/\*\*(?<doc>(?:(?!\*\/)[^])*)\*\/\n)?^export (?:declare )?(?<kind>class|interface|type|const|function) (?<name>\w+)(?<rest>.*(?:\n[ }].*)*)/gm,
  );
  return [...found]
    .map(({ groups }) => ({ kind: groups.kind, name: groups.name, rest: groups.rest, doc: prose(groups.doc) }))
    .filter(({ name, kind }) => kind !== 'const' && !INTERNAL.has(name));
}

/** A docstring's text. */
function prose(doc = '') {
  return doc
    .replaceAll(/^\s*\* ?/gm, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll('@throws', '**Throws**')
    .replaceAll('@deprecated', '**Former name:**')
    .trim();
}

function membersOf({ rest }) {
  const members = rest.matchAll(/(?:^ {4}\/\*\*(?<doc>(?:(?!\*\/)[^])*)\*\/\n)?^ {4}(?<signature>[a-z].*(?:\n(?: {5}| {4}\}).*)*)/gm);
  return [...members].map(({ groups }) => {
    const signature = groups.signature
      .replaceAll(/\/\*\*[^]*?\*\//g, '')
      .replaceAll(/\s+/g, ' ')
      .replace(/;$/, '')
      .replaceAll(/\bData<'([\w:]+)'>/g, (_, name) => `Promise<${ANSWERS.get(name)}>`);
    if (signature.includes('CommandParts')) return '';
    const doc = prose(groups.doc);
    return `- \`${signature}\`${doc === '' ? '' : `  \n  ${doc}`}`;
  });
}

function chapter([title, files]) {
  const entries = files.flatMap(declarationsOf).map((declaration) => {
    const { kind, name, rest, doc } = declaration;
    if (kind === 'class')
      return [
        `### ${name}`,
        doc,
        membersOf(declaration)
          .filter((line) => line !== '')
          .join('\n'),
      ];
    return [`### ${name}`, doc, `\`\`\`ts\n${kind} ${name}${rest}\n\`\`\``];
  });
  return [`## ${title}`, ...entries.flat()].filter((part) => part !== '').join('\n\n');
}

const intro =
  '# Reference of @synckairos/client\n\nMade from the docstrings by `npm run docs:sdk`. How things work together is told in the [README](../README.md).';
const reference = `${[intro, ...CHAPTERS.map(chapter)].join('\n\n')}\n`;
if (process.argv.includes('--print')) {
  process.stdout.write(reference);
} else {
  mkdirSync(path.join(here, 'docs'), { recursive: true });
  writeFileSync(path.join(here, 'docs/API.md'), reference);
}
