// Shape and dtype inference of one op: from the types of its operands, and from their data where it is known, to the
// types of its results. Shapes that depend on data that is unknown stay unknown; nothing is guessed.
import type { Block, Op, ValueType } from "@waferc/ir/graph";
import { isTensorType, printType } from "@waferc/ir/graph";
import type { Tensor } from "@waferc/numerics";
import { readAttrs } from "./attr-spec.ts";
import { integersOf } from "./math/integers.ts";
import type { AnyOpDefinition, InferContext } from "./op-definition.ts";
import { require, withTypesOfOp } from "./op-error.ts";
import { definitionOf } from "./op-table.ts";
import { printShape } from "./shapes.ts";

/** What the functions of this package need to know of an op of a graph. */
export type OpLike = Pick<Op, "domain" | "kind" | "version" | "attrs" | "results">;

/** Types of the results of a block, one for each. */
export type BlockResults = (block: Block) => readonly ValueType[];

/**
 * Types of an op's results.
 * @param operands their types, undefined where an operand is omitted
 * @param constants their data, as far as it is known
 * @param blockResults types of the results of the op's blocks; unknown unless given
 * @throws OpError if the op or its operands break the op's rules, or there is no definition
 */
export function inferOp(
  op: OpLike,
  operands: readonly (ValueType | undefined)[],
  constants: readonly (Tensor | undefined)[] = [],
  blockResults?: BlockResults,
): readonly (ValueType | undefined)[] {
  const definition = definitionOf(op);
  checkArity(definition, operands, op.results);
  const ctx = inferContext(definition, op, operands, constants, blockResults);
  const results = withTypesOfOp(() => definition.infer(ctx)).slice(0, op.results.length);
  results.forEach((type, i) => checkLengths(type?.shape, i));
  return results;
}

/** Attributes and operands can ask for lengths that no tensor has. */
function checkLengths(shape: ValueType["shape"], index: number): void {
  const isLegal = (shape ?? []).every((dim) => typeof dim === "string" || (Number.isSafeInteger(dim) && dim >= 0));
  require(isLegal, () => `cannot give result ${index} the shape ${printShape(shape ?? [])}`);
}

export function inferContext(
  definition: AnyOpDefinition,
  op: OpLike,
  operands: readonly (ValueType | undefined)[],
  constants: readonly (Tensor | undefined)[],
  blockResults: BlockResults = (block) => block.results.map(() => ({})),
): InferContext {
  const typeAt = (index: number): ValueType => {
    const type = operands[index];
    require(type !== undefined, () => `needs operand ${index}`);
    return type;
  };
  const operand = (index: number): ValueType => {
    const type = typeAt(index);
    require(isTensorType(type), () => `needs a tensor as operand ${index}, but found ${printType(type)}`);
    return type;
  };
  return {
    version: op.version,
    attrs: readAttrs(definition.attrs, op),
    operands,
    resultCount: op.results.length,
    operand,
    type: typeAt,
    has: (index) => operands[index] !== undefined,
    shape: (index) => operand(index).shape,
    constant: (index) => constants[index],
    ints: (index) => {
      const tensor = constants[index];
      return tensor === undefined ? undefined : integersOf(tensor);
    },
    blockResults,
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
