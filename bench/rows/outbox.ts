import { Player } from '../kit/player.ts';
import type { Row } from '../kit/row.ts';
import { compareSwitches } from '../kit/switching.ts';

/**
 * The cost of the trail for a command: an instance that writes hashed events to the outbox, against one without a
 * trail.
 */
export const outboxRow: Row = {
  name: 'outbox',
  title: 'The outbox in a commit: acked session:switch with AUDIT_WORKER=off against none',
  fullOnly: true,
  async run(stage, options) {
    const programs = { service: await stage.service(), control: await stage.serviceWithoutTrail() };
    const service = await Player.ofService(programs.service.url, 'bench-game', false);
    const control = await Player.ofService(programs.control.url, 'bench-game', false);
    stage.onClose(async () => [service, control].forEach((player) => player.close()));
    return compareSwitches(stage, programs, { service, control }, options);
  },
};
