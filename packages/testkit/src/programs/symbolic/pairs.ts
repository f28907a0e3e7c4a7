// Wavelets that carry two elements of 16 bits, as terms: what was packed comes apart again, and the halves of any other wavelet are
// functions of it.
import { apply, constantTerm, tagOf } from "./term.ts";
import type { Term } from "./term.ts";

const [PAIR, LOW, HIGH] = [tagOf("pair"), tagOf("low"), tagOf("high")];
const ZERO = constantTerm(0);

export class Pairs {
  readonly #halves = new Map<Term, readonly [low: Term, high: Term]>();

  of(low: Term, high: Term): Term {
    const term = apply(PAIR, low, high);
    if (!this.#halves.has(term)) this.#halves.set(term, [low, high]);
    return term;
  }

  /** Elements as wavelets; 0 behind an odd last one. */
  pack(elements: ArrayLike<Term>): Term[] {
    return Array.from({ length: Math.ceil(elements.length / 2) }, (_, i) =>
      this.of(elements[2 * i]!, elements[2 * i + 1] ?? ZERO),
    );
  }

  low(wavelet: Term): Term {
    return this.#halves.get(wavelet)?.[0] ?? apply(LOW, wavelet, 0);
  }

  high(wavelet: Term): Term {
    return this.#halves.get(wavelet)?.[1] ?? apply(HIGH, wavelet, 0);
  }
}
