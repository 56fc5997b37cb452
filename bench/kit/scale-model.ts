/**
 * The cost of commands, clients and instances in microseconds of CPU, fitted to measurements; docs/SCALING.md uses it.
 */
export interface Model {
  /** Of an instance. */
  instance: {
    /** A command: received, decided, committed, answered, and told to its sender. */
    command: number;
    /** One more client on the same instance that is told. */
    delivery: number;
    /** Another instance that is told and has clients to tell. */
    receipt: number;
    /** A client that connects and joins. */
    arrival: number;
    /** An idle connected client, for a second. */
    connectionSecond: number;
    /** An idle instance, for a second. */
    second: number;
    /** What each shard after the first costs an instance, for a second. */
    shardSecond: number;
  };
  /** Of all Redis servers together. */
  redis: {
    command: number;
    /** Another instance that is told. */
    receipt: number;
    arrival: number;
    connectionSecond: number;
    /** An idle instance, for a second. */
    instanceSecond: number;
    /** Each shard after the first, with idle instances, for a second. */
    shardSecond: number;
  };
}

/** The load of a stretch of time. */
export interface Load {
  instances: number;
  shards: number;
  seconds: number;
  commands: number;
  /** To clients other than the one who sent the command. */
  deliveries: number;
  receipts: number;
  arrivals: number;
  connections: number;
}

/** CPU of all instances and of all Redis servers, microseconds. */
export function predict({ instance, redis }: Model, load: Load): { instances: number; redis: number } {
  const { instances, shards, seconds, commands, deliveries, receipts, arrivals, connections } = load;
  return {
    instances:
      instance.command * commands +
      instance.delivery * deliveries +
      instance.receipt * receipts +
      instance.arrival * arrivals +
      instance.connectionSecond * connections * seconds +
      instance.second * instances * seconds +
      instance.shardSecond * (shards - 1) * instances * seconds,
    redis:
      redis.command * commands +
      redis.receipt * receipts +
      redis.arrival * arrivals +
      redis.connectionSecond * connections * seconds +
      redis.instanceSecond * instances * seconds +
      redis.shardSecond * (shards - 1) * seconds,
  };
}

/** Share of a core beyond which waiting grows faster than load. */
const UTILISATION = 0.6;
const CONNECTIONS_MAX = 20_000;
const INSTANCES_MAX = 10_000;

/**
 * How many instances and shards a steady load of games of two needs, each client on any instance, so many commands a
 * second.
 */
export function plan(model: Model, connections: number, commandsASecond: number): { instances: number; shards: number } {
  let [instances, shards] = [Math.ceil(connections / CONNECTIONS_MAX), 1];
  for (;;) {
    const elsewhere = (instances - 1) / instances;
    const load: Load = {
      instances,
      shards,
      seconds: 1,
      commands: commandsASecond,
      deliveries: commandsASecond,
      receipts: commandsASecond * elsewhere,
      arrivals: 0,
      connections,
    };
    const us = predict(model, load);
    const needed = { instances: Math.ceil(us.instances / 1e6 / UTILISATION), shards: Math.ceil(us.redis / 1e6 / UTILISATION) };
    if (needed.instances <= instances && needed.shards <= shards) return { instances, shards };
    if (instances > INSTANCES_MAX) throw new Error('more instances need more of themselves than they bring');
    instances = Math.max(instances, needed.instances);
    shards = Math.max(shards, needed.shards);
  }
}
