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

export default { meta: { name: 'synckairos' }, rules: { 'no-clock-reading': noClockReading } };
