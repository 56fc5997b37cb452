import { Chance } from '../chaos/random.ts';

/** Draws from a seed. */
export class Dice extends Chance {
  /** True in `share` of all cases, from 0 to 1. */
  chance(share: number): boolean {
    return this.next() < share;
  }

  /** One of a list, each as often as any other. */
  pick<Value>(list: readonly Value[]): Value {
    return list[this.integer(0, list.length - 1)] as Value;
  }

  /** One of a table, as often as its weight says. */
  weighted<Value>(table: readonly (readonly [weight: number, value: Value])[]): Value {
    let left = this.next() * table.reduce((sum, [weight]) => sum + weight, 0);
    return (table.find(([weight]) => (left -= weight) < 0) ?? table[0])?.[1] as Value;
  }
}
