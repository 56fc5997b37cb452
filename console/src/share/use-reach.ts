/** Whether others can open the links of this page, and by which address of this machine. */
import type { ReachData } from '@synckairos/client';
import { useEffect, useState } from 'react';
import { BASE_URL } from '../base.ts';

/** Names of the device itself, which on any other device mean that one. */
const ITSELF = /^(localhost|127(\.\d+){3}|\[::1\])$/i;

export const isLocal = (): boolean => ITSELF.test(location.hostname);

const UNKNOWN: ReachData = { public_url: null, loopback_only: false, addresses: [] };

/** Null until the server has answered. A server that does not tell has nothing to warn of. */
export function useReach(): ReachData | null {
  const [reach, setReach] = useState<ReachData | null>(null);
  useEffect(() => {
    let wanted = true;
    const ask = async (): Promise<ReachData> => {
      const answer = await fetch(`${BASE_URL}v1/reach`);
      const { data = UNKNOWN } = (await answer.json()) as { data?: ReachData };
      return data;
    };
    ask().then(
      (told) => wanted && setReach(told),
      () => wanted && setReach(UNKNOWN),
    );
    return () => {
      wanted = false;
    };
  }, []);
  return reach;
}

/** The addresses with which links for others may begin, the best first; each ends in a slash. */
export function basesOf({ public_url, loopback_only, addresses }: ReachData): string[] {
  if (public_url !== null) return [public_url];
  return isLocal() && !loopback_only && addresses.length > 0 ? addresses : [BASE_URL];
}
