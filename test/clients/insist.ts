import { setTimeout as wait } from 'node:timers/promises';
import type { CommandName, Commands } from '#contract';
import type { TestClient } from '../kit/socket-client.ts';

const ATTEMPTS = 20;
const AGAIN_MS = 250;

/**
 * Sends a command that must succeed in the end; one that may change something needs a `command_id`. A machine that is
 * busy with other things may take its time.
 */
export async function insist<Name extends CommandName>(
  client: TestClient,
  name: Name,
  payload: Commands[Name]['payload'],
): Promise<Commands[Name]['data']> {
  for (let attempt = 1; ; attempt++) {
    const reply = await client.command(name, payload).catch((error: Error) => error);
    if (!(reply instanceof Error) && reply.ok) return reply.data;
    const isFinal = !(reply instanceof Error) && !reply.error.retryable;
    if (isFinal || attempt === ATTEMPTS) throw new Error(`${name}: ${reply instanceof Error ? reply.message : reply.error.message}`);
    await wait(AGAIN_MS);
  }
}
