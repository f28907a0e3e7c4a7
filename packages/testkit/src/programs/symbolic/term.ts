// Terms: what a value is, said by a number of 53 bits instead of the value. A term is a constant, an element of an input, or a function of
// terms; equal terms are equal expressions (two different ones get the same number with a probability of 2^-53).
// Hot loops: `apply` runs once for each scalar operation of a program.

export type Term = number;

const HIGH = 2 ** 32;

/** The function or kind of leaf that a term is made with. */
export function tagOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash;
}

/** f(a, b). For functions of one argument b is 0. */
export function apply(tag: number, a: Term, b: Term): Term {
  const aHigh = (a / HIGH) | 0;
  const bHigh = (b / HIGH) | 0;
  let x = Math.imul(tag ^ a, 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 15) ^ b, 0xc2b2ae35);
  x = Math.imul((x ^ (x >>> 13)) + aHigh, 0x27d4eb2f);
  x = Math.imul((x ^ (x >>> 16)) + bHigh, 0x9e3779b1);
  x ^= x >>> 15;
  let y = Math.imul((tag + 0x165667b1) ^ bHigh, 0x9e3779b1);
  y = Math.imul(y ^ (y >>> 14) ^ aHigh, 0x85ebca77);
  y = Math.imul((y ^ (y >>> 16)) + b, 0xc2b2ae3d);
  y = Math.imul((y ^ (y >>> 13)) + a, 0x27d4eb4f);
  y ^= y >>> 16;
  return (y >>> 11) * HIGH + (x >>> 0);
}

/** f(a, b) = f(b, a). */
export function applyCommutative(tag: number, a: Term, b: Term): Term {
  return a <= b ? apply(tag, a, b) : apply(tag, b, a);
}

const BITS = tagOf("bits");

const constants = new Map<Term, number>();

/** A constant, by its bits. */
export function constantTerm(bits: number): Term {
  const term = apply(BITS, bits >>> 0, 0);
  constants.set(term, bits | 0);
  return term;
}

/** The bits of a constant; undefined for other terms. */
export function bitsOfConstant(term: Term): number | undefined {
  return constants.get(term);
}

/** An integer that memory does not hold: an element number, a start. */
export function integerTerm(tag: number, value: number): Term {
  return apply(tag, value >>> 0, value < 0 ? 1 : 0);
}
