import type { CodeEntry, CodeStore } from '../transport/access/code-ports.ts';
import type { RedisClient } from './connection.ts';
import { createKeys } from './keys.ts';
import { reachable } from './reachable.ts';
import { loadScript, runScript } from './script.ts';

const TAKE_USE = loadScript('take-use');
const GIVE_BACK = loadScript('give-back-use');

/** A limit that refills steadily, as take-use.lua has it. */
interface Refilling {
  /** How long one try takes to come back, microseconds. */
  refill: number;
  /** How many tries there are after a long time without any. */
  burst: number;
}

const SECOND = 1_000_000;
/** Wrong codes of one address: a class behind one address may err, a program finds out nothing. */
const OF_ADDRESS: Refilling = { refill: 30 * SECOND, burst: 20 };
/** Wrong codes of all addresses together, since a guesser may have many: 8,640 a day of 4,826,809. */
const OF_ALL: Refilling = { refill: 10 * SECOND, burst: 300 };

/** Join codes in Redis, each with what it leads to until it expires, and the counts of wrong ones. */
export function createCodes(redis: RedisClient, keyPrefix: string): CodeStore {
  const keys = createKeys(keyPrefix);
  const lastKey = ({ session_id, way, participant_id }: Pick<CodeEntry, 'session_id' | 'way' | 'participant_id'>) =>
    keys.session(session_id).code(way, participant_id);

  /** How long until a try is available, ms; 0 if it took one. */
  const take = async (key: string, { refill, burst }: Refilling): Promise<number> => {
    const [taken, fullIn] = (await runScript(redis, TAKE_USE, [key], [refill, burst])) as [number, number];
    return taken === 1 ? 0 : Math.ceil((fullIn - (burst - 1) * refill) / 1_000) + 1;
  };
  const giveBack = (key: string, { refill }: Refilling) => runScript(redis, GIVE_BACK, [key], [refill]);

  return {
    add: (code, entry) =>
      reachable(async () => {
        const json = JSON.stringify(entry);
        if ((await redis.set(keys.code(code), json, 'PXAT', entry.expires, 'NX')) === null) return false;
        await redis.set(lastKey(entry), code, 'PXAT', entry.expires);
        return true;
      }),
    find: (code) =>
      reachable(async () => {
        const json = await redis.get(keys.code(code));
        return json === null ? null : (JSON.parse(json) as CodeEntry);
      }),
    last: (entry) => reachable(() => redis.get(lastKey(entry))),
    takeTry: (address) =>
      reachable(async () => {
        const wait = await take(keys.wrongCodes(address), OF_ADDRESS);
        if (wait > 0) return wait;
        const all = await take(keys.allWrongCodes, OF_ALL);
        if (all > 0) await giveBack(keys.wrongCodes(address), OF_ADDRESS);
        return all;
      }),
    giveBack: (address) =>
      reachable(async () => {
        await Promise.all([giveBack(keys.wrongCodes(address), OF_ADDRESS), giveBack(keys.allWrongCodes, OF_ALL)]);
      }),
  };
}
