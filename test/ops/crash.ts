/** A program that fails as a client of Redis may: with an error that carries what was sent. */
import { createLogger, logCrashes } from '../../server/observability/logger.ts';

logCrashes(createLogger('info', 'test'));
void Promise.reject(
  Object.assign(new Error('nobody caught this', { cause: new Error('because') }), {
    command: { name: 'auth', args: [process.env['SECRET']] },
  }),
);
