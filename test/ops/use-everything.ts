import { chess } from '../kit/games.ts';
import { rest } from '../kit/rest.ts';
import type { Cluster } from '../kit/server.ts';
import { until } from '../kit/until.ts';
import { Exposition } from './exposition.ts';

/**
 * Makes every metric of an instance move: a game with a repeated switch and a refused one, a second game whose clock
 * runs out, a room, REST and the socket. Returns what is shown once the room has been counted.
 */
export async function useEverything(cluster: Cluster, app: { url: string }): Promise<Exposition> {
  const player = await cluster.client(app);
  const { session_id } = await player.ok('session:create', chess());
  await player.refused('INVALID_STATE_TRANSITION', 'session:switch', { session_id });
  await player.ok('session:start', { session_id });
  await player.ok('session:switch', { session_id, command_id: 'once' });
  await player.ok('session:switch', { session_id, command_id: 'once' });
  await player.ok('session:switch', { session_id });
  await player.ok('session:pause', { session_id });
  const short = chess({ participants: [{ participant_id: 'solo', total_time_ms: 1_000 }] });
  await rest(app, 'POST', '/v1/sessions', short);
  await player.ok('session:join', { session_id: short.session_id });
  await rest(app, 'POST', `/v1/sessions/${short.session_id}/start`);
  await player.next('session:expired');
  return until('the rooms have been counted', async () => {
    const shown = await Exposition.of(app);
    return shown.value('synckairos_active_sessions', { status: 'expired' }) === 1 && shown;
  });
}
