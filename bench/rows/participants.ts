import { compare } from '../kit/compare.ts';
import { Player } from '../kit/player.ts';
import type { Row } from '../kit/row.ts';
import { compareSwitches } from '../kit/switching.ts';

/** Size of the update of a switch to one socket, bytes. */
async function bytesOfUpdate(player: Player): Promise<number> {
  const update = new Promise((resolve) => player.socket.once('session:update', resolve));
  await player.switch();
  return Buffer.byteLength(JSON.stringify(await update));
}

/**
 * Growth with the number of participants: the same instance plays a game of a thousand and a game of two, by a client
 * that takes changes.
 */
export const participantsRow: Row = {
  name: 'participants',
  title: 'Acked session:switch among 1000 participants against 2',
  fullOnly: true,
  async run(stage, options) {
    const instance = await stage.service();
    const other = stage.isAgainstService ? await stage.switchControl() : instance;
    const service = await Player.amongMany(instance.url, 'bench-many', 1_000);
    // Against another commit, both sides play the large game.
    const control = await Player.amongMany(other.url, 'bench-other', stage.isAgainstService ? 1_000 : 2);
    stage.onClose(async () => [service, control].forEach((player) => player.close()));
    const measures = await compareSwitches(stage, { service: instance, control: other }, { service, control }, options, { p50: 5 });
    const bytes = { service: [await bytesOfUpdate(service)], control: [await bytesOfUpdate(control)] };
    return [
      ...measures.slice(0, -1),
      compare('bytes of an update', 'bytes', [bytes], ([one]) => one ?? Number.NaN, { ratio: 2, sense: 'at most' }),
    ];
  },
};
