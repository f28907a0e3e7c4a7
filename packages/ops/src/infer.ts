// Shape and dtype inference of one op: from the types of its operands, and from their data where it is known, to the
// types of its results. Shapes that depend on data that is unknown stay unknown; nothing is guessed.
import type { Op, ValueType } from "@waferc/ir/graph";
import type { Tensor } from "@waferc/numerics";
import { readAttrs } from "./attr-spec.ts";
import { integersOf } from "./math/integers.ts";
import type { AnyOpDefinition, InferContext } from "./op-definition.ts";
import { require } from "./op-error.ts";
import { definitionOf } from "./op-table.ts";

/** What the functions of this package need to know of an op of a graph. */
export type OpLike = Pick<Op, "domain" | "kind" | "version" | "attrs" | "results">;

/**
 * Types of an op's results.
 * @param operands their types, undefined where an operand is omitted
 * @param constants their data, as far as it is known
 * @throws OpError if the op or its operands break the op's rules, or there is no definition
 */
export function inferOp(
  op: OpLike,
  operands: readonly (ValueType | undefined)[],
  constants: readonly (Tensor | undefined)[] = [],
): readonly (ValueType | undefined)[] {
  const definition = definitionOf(op);
  checkArity(definition, operands, op.results);
  return definition.infer(inferContext(definition, op, operands, constants)).slice(0, op.results.length);
}

export function inferContext(
  definition: AnyOpDefinition,
  op: OpLike,
  operands: readonly (ValueType | undefined)[],
  constants: readonly (Tensor | undefined)[],
): InferContext {
  const operand = (index: number): ValueType => {
    const type = operands[index];
    require(type !== undefined, () => `needs operand ${index}`);
    return type;
  };
  return {
    version: op.version,
    attrs: readAttrs(definition.attrs, op),
    operands,
    resultCount: op.results.length,
    operand,
    has: (index) => operands[index] !== undefined,
    shape: (index) => operand(index).shape,
    constant: (index) => constants[index],
    ints: (index) => {
      const tensor = constants[index];
      return tensor === undefined ? undefined : integersOf(tensor);
    },
  };
}

function checkArity(
  { operands: [min, max], results: [minResults, maxResults] }: AnyOpDefinition,
  operands: readonly unknown[],
  results: readonly unknown[],
): void {
  const [given, made] = [operands.length, results.length];
  require(given >= min && given <= max, () => `needs ${printRange(min, max)} operands, but has ${given}`);
  require(made >= minResults && made <= maxResults, () =>
    `needs ${printRange(minResults, maxResults)} results, but has ${made}`);
}

function printRange(min: number, max: number): string {
  if (max === Infinity) return `${min} or more`;
  return min === max ? String(min) : `${min} to ${max}`;
}
