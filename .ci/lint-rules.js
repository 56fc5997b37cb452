/** `new Date()` and `Date()` read the clock; with an argument they only convert. */
const noClockReading = {
  create(context) {
    const check = (node) => {
      if (
        node.callee.type === 'Identifier' &&
        node.callee.name === 'Date' &&
        (node.type === 'CallExpression' || node.arguments.length === 0)
      ) {
        context.report({ node, message: 'Date without an argument reads the clock. The instant is handed in.' });
      }
    };
    return { NewExpression: check, CallExpression: check };
  },
};

/** Aggregates of Prisma, whose public names begin with an underscore. */
const PUBLIC = new Set(['_avg', '_count', '_max', '_min', '_sum']);

/** Names with an underscore, and casts over `unknown`, reach what a library does not promise to keep. */
const noPrivateParts = {
  create(context) {
    const report = (node) => context.report({ node, message: 'Private parts of libraries are used in server/internals only.' });
    return {
      MemberExpression(node) {
        if (
          !node.computed &&
          node.property.type === 'Identifier' &&
          /^_[a-z]/.test(node.property.name) &&
          !PUBLIC.has(node.property.name)
        ) {
          report(node);
        }
      },
      TSAsExpression(node) {
        const { expression } = node;
        if (expression.type === 'TSAsExpression' && expression.typeAnnotation.type === 'TSUnknownKeyword') report(node);
      },
    };
  },
};

const COMMENT_COLUMNS = 120;
/** What must stand in one line: directives, and addresses. */
const UNBREAKABLE = /^\s*(?:\/\/|\*)\s*(?:oxlint-|eslint-|@ts-|<?https?:\/\/)/;

/** A comment of its own line is read beside the code: it has at most 120 columns. */
const commentWidth = {
  create(context) {
    return {
      Program() {
        const { lines } = context.sourceCode;
        for (const comment of context.sourceCode.getAllComments()) {
          for (let line = comment.loc.start.line; line <= comment.loc.end.line; line++) {
            const text = lines[line - 1];
            const isAlone = line > comment.loc.start.line || text.slice(0, comment.loc.start.column).trim() === '';
            if (!isAlone || text.length <= COMMENT_COLUMNS || UNBREAKABLE.test(text)) continue;
            context.report({ node: comment, message: `This comment has ${text.length} columns, ${COMMENT_COLUMNS} are allowed.` });
          }
        }
      },
    };
  },
};

export default {
  meta: { name: 'synckairos' },
  rules: { 'no-clock-reading': noClockReading, 'no-private-parts': noPrivateParts, 'comment-width': commentWidth },
};
