// Reference evaluation of one op on tensors: the meaning of the graph level. Right before fast. Result types come
// from the shape rule, and every evaluation is held against it.
import { invariant } from "@waferc/base";
import type { Block, ValueType } from "@waferc/ir/graph";
import { elementCount, isStaticShape, isTensorType } from "@waferc/ir/graph";
import type { Tensor } from "@waferc/numerics";
import { describeData, expectTensor, isDataOf, isTensor, typeOfData } from "./data.ts";
import type { Data } from "./data.ts";
import { inferContext, inferOp } from "./infer.ts";
import type { BlockResults, OpLike } from "./infer.ts";
import { integersOf } from "./math/integers.ts";
import type { AnyOpDefinition, EvaluateContext, StaticType } from "./op-definition.ts";
import { OpError, require, withTypesOfOp } from "./op-error.ts";
import { definitionOf } from "./op-table.ts";
import { printShape } from "./shapes.ts";

/** Runs blocks of a control-flow op in the scope that the op is in. */
export interface BlockRunner {
  run(block: Block, args: readonly Data[]): Data[];
  /** Types of a block's results, as far as the graph declares them: for loops that never run. */
  readonly resultTypes: BlockResults;
}

/**
 * Results of an op on tensors that gives tensors. Holes where the op lists none.
 * @throws OpError if operands or data break the op's rules, a result is no tensor, or there is no definition
 */
export function evaluateOp(op: OpLike, operands: readonly (Tensor | undefined)[]): readonly (Tensor | undefined)[] {
  return evaluateOpData(op, operands).map((data, i) =>
    data === undefined ? undefined : expectTensor(data, `result ${i}`),
  );
}

/**
 * Results of any op on any data. Holes where the op lists none.
 * @param blocks runs the blocks of control-flow ops
 * @throws OpError if operands or data break the op's rules, or there is no definition
 */
export function evaluateOpData(
  op: OpLike,
  operands: readonly (Data | undefined)[],
  blocks?: BlockRunner,
): readonly (Data | undefined)[] {
  const definition = definitionOf(op);
  const operandTypes = operands.map((data) => (data === undefined ? undefined : typeOfData(data)));
  const tensors = operands.map((data) => (data !== undefined && isTensor(data) ? data : undefined));
  const types = inferOp(op, operandTypes, tensors);
  const results = withTypesOfOp(() => definition.evaluate(evaluateContext(definition, op, operands, types, blocks)));
  types.forEach((type, i) => checkResult(op, i, type, results[i]));
  return results.slice(0, op.results.length);
}

function checkResult(op: OpLike, index: number, type: ValueType | undefined, result: Data | undefined): void {
  if (result === undefined || type === undefined) {
    invariant(op.results[index] === undefined, `${op.kind} must give result ${index}, which the op lists`);
    return;
  }
  // A type without anything in it says nothing: the results of blocks are what the blocks give.
  const isKnown = type.dtype !== undefined || type.shape !== undefined || !isTensorType(type);
  invariant(
    !isKnown || isDataOf(result, type),
    () => `${op.kind} must give what its shape rule says, not ${describeData(result)}`,
  );
}

function evaluateContext(
  definition: AnyOpDefinition,
  op: OpLike,
  operands: readonly (Data | undefined)[],
  types: readonly (ValueType | undefined)[],
  blocks: BlockRunner | undefined,
): EvaluateContext {
  const { version, attrs, resultCount, blockResults } = inferContext(definition, op, [], [], blocks?.resultTypes);
  const dataAt = (index: number): Data => {
    const data = operands[index];
    require(data !== undefined, () => `needs operand ${index}`);
    return data;
  };
  const operand = (index: number): Tensor => expectTensor(dataAt(index), `operand ${index}`);
  return {
    version,
    attrs,
    operands,
    resultCount,
    operand,
    optional: (index) => (operands[index] === undefined ? undefined : operand(index)),
    data: dataAt,
    has: (index) => operands[index] !== undefined,
    ints: (index) => integersOf(operand(index)),
    result: (index) => staticType(types[index]),
    run: (block, args) => {
      if (blocks === undefined) throw new OpError("needs an evaluator of graphs to run its blocks");
      require(args.length === block.params.length, () =>
        `needs a block with ${args.length} parameters, but "${block.name}" has ${block.params.length}`);
      return blocks.run(block, args);
    },
    blockResults,
  };
}

function staticType(type: ValueType | undefined): StaticType {
  const { dtype, shape } = type ?? {};
  require(dtype !== undefined && shape !== undefined, "needs the types of its results to be known");
  require(isStaticShape(shape), () => `needs static result shapes, but found ${printShape(shape)}`);
  return { dtype, shape };
}

/** Constants up to this many elements are worth folding wherever they appear; larger ones only on request. */
const FOLDED_ELEMENTS = 2 ** 20;

/**
 * Results of an op whose operands are known, or that asks for their types only (Shape, Size). Undefined if it must run, or
 * gives something else than tensors.
 * @throws OpError as `evaluateOp` does
 */
export function foldOp(
  op: OpLike,
  types: readonly (ValueType | undefined)[],
  constants: readonly (Tensor | undefined)[],
  maxElements = FOLDED_ELEMENTS,
): readonly (Tensor | undefined)[] | undefined {
  const definition = definitionOf(op);
  if (definition.traits.includes("control")) return undefined;
  if (definition.fold !== undefined) {
    const folded = definition.fold(inferContext(definition, op, types, constants));
    if (folded !== undefined) return folded;
  }
  if (types.some((type, i) => type !== undefined && constants[i] === undefined)) return undefined;
  const results = inferOp(op, types, constants);
  if (results.some((type) => type !== undefined && !isTensorType(type))) return undefined;
  const counts = results.map((type) => (type?.shape === undefined ? undefined : elementCount(type.shape)));
  if (counts.some((count) => count !== undefined && count > maxElements)) return undefined;
  return evaluateOp(op, constants);
}
