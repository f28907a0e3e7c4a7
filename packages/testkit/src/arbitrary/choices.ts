// Random structures that shrink: a generator draws from a list of numbers and takes 0 when the list ends, so that a shorter list of
// smaller numbers is a simpler structure. (The idea is Hypothesis's: MacIver and Donaldson, ECOOP 2020.)
import fc from "fast-check";

export class Choices {
  readonly #numbers: readonly number[];
  #next = 0;

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }

  /** 0 .. bound - 1. */
  below(bound: number): number {
    return (this.#numbers[this.#next++] ?? 0) % bound;
  }

  /** low .. high, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  /** True once in `n` times; false is the simpler outcome. */
  once(n: number): boolean {
    return this.below(n) === n - 1;
  }

  /** Between `least` and `most` items. */
  list<T>(least: number, most: number, item: (index: number) => T): T[] {
    return Array.from({ length: this.between(least, most) }, (_, i) => item(i));
  }
}

/** What `generate` makes of up to `maxChoices` numbers. */
export function arbitraryFrom<T>(generate: (choices: Choices) => T, maxChoices = 500): fc.Arbitrary<T> {
  const numbers = fc.array(fc.nat({ max: 2 ** 20 }), { maxLength: maxChoices, size: "max" });
  return numbers.map((list) => generate(new Choices(list)));
}
