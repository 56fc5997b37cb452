import { seatPlayers } from '../kit/player.ts';
import type { Row } from '../kit/row.ts';
import { compareSwitches } from '../kit/switching.ts';

/** One client, one game, one command at a time. */
function switchRow(name: string, title: string, keyed: boolean): Row {
  return {
    name,
    title,
    fullOnly: keyed,
    async run(stage, options) {
      const programs = { service: await stage.service(), control: await stage.switchControl() };
      const players = await seatPlayers(stage, { service: [programs.service.url], control: [programs.control.url] }, 1, keyed);
      const [service, control] = [players.service[0], players.control[0]];
      if (service === undefined || control === undefined) throw new Error('nobody plays');
      stage.onClose(async () => [service, control].forEach((player) => player.close()));
      return compareSwitches(stage, programs, { service, control }, options, { p50: 1.25, p99: 1.5 });
    },
  };
}

export const switchRows = [
  switchRow('switch', 'Acked session:switch, one in flight', false),
  switchRow('switch-keyed', 'Acked session:switch with a command_id, one in flight', true),
];
