import { until } from '../kit/until.ts';
import { EngineFixture, type EngineInstance, type Told } from './engine-fixture.ts';

const GRACE_MS = 20;

/** Three engines over one Redis, each with alarms of its own, and what all of them told a session's room. */
export class ThreeInstances {
  readonly engines: EngineFixture;
  readonly instances: readonly [EngineInstance, EngineInstance, EngineInstance];

  private constructor(engines: EngineFixture, instances: ThreeInstances['instances']) {
    this.engines = engines;
    this.instances = instances;
  }

  static async open(): Promise<ThreeInstances> {
    const engines = await EngineFixture.open(GRACE_MS);
    return new ThreeInstances(engines, await Promise.all([engines.instance(), engines.instance(), engines.instance()]));
  }

  get first(): EngineInstance {
    return this.instances[0];
  }

  /** What the room of a session was told by all instances together, oldest first. */
  told(session: string, event: Told['event']): Told[] {
    return this.instances
      .flatMap((instance) => instance.told)
      .filter((one) => one.event === event && one.session_id === session)
      .toSorted((one, other) => one.at - other.at);
  }

  /** The thresholds of a session's warnings, in the order in which these were sent. */
  thresholds(session: string): number[] {
    return this.told(session, 'warning').map(({ what }) => Number(what));
  }

  /** Resolves when a session has this version. */
  async reaches(session: string, version: number): Promise<void> {
    await until(`version ${version} of ${session}`, async () => Number((await this.engines.stored(session)).version) >= version);
  }

  close(): Promise<void> {
    return this.engines.close();
  }
}
