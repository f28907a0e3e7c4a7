// What a mutant is: a program with one fault put into it, or one with one bit of a weight flipped. Kinds are listed in `mutators.ts`.
import type { Rng } from "@waferc/base";
import type { Program, TensorSource } from "@waferc/ir/program";

/** One bit of one element of one tensor. */
export interface WeightFault {
  /** Index into `Program.tensors`. */
  readonly tensor: number;
  readonly element: number;
  /** 31 is the sign, of a 16-bit type 15. */
  readonly bit: number;
}

export interface Fault {
  readonly program: Program;
  /** Place and change, for people. */
  readonly where: string;
  readonly weight?: WeightFault;
}

export interface Mutant extends Fault {
  readonly kind: string;
}

export interface Mutator {
  /** Kebab-case. */
  readonly kind: string;
  /** A phrase for the table. */
  readonly about: string;
  /** The program with one fault of this kind at a random place; undefined if there is none. The fault may change nothing. */
  readonly mutate: (program: Program, rng: Rng) => Mutant | undefined;
}

export function mutator(
  kind: string,
  about: string,
  insert: (program: Program, rng: Rng) => Fault | undefined,
): Mutator {
  return {
    kind,
    about,
    mutate: (program, rng) => {
      const fault = insert(program, rng);
      return fault && { ...fault, kind };
    },
  };
}

/** The weights of a mutant: those of the unharmed program but for the flipped bit. */
export function mutantWeights(weights: TensorSource, { weight }: Fault): TensorSource {
  if (!weight) return weights;
  return (tensor) => {
    const data = weights(tensor);
    if (tensor !== weight.tensor) return data;
    if (!(data instanceof Float32Array)) return flipped(data.slice(), weight);
    const words = new Int32Array(data.buffer, data.byteOffset, data.length).slice();
    return new Float32Array(flipped(words, weight).buffer);
  };
}

function flipped<T extends Int32Array | Uint16Array>(bits: T, { element, bit }: WeightFault): T {
  bits[element]! ^= 1 << bit;
  return bits;
}
