// Reference evaluation of one op on tensors: the meaning of the graph level. Right before fast. Result types come
// from the shape rule, and every evaluation is held against it.
import type { Block } from "@waferc/ir/graph";
import { invariant } from "@waferc/base";
import { describeTensor } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { inferContext, inferOp } from "./infer.ts";
import type { OpLike } from "./infer.ts";
import { integersOf } from "./math/integers.ts";
import type { AnyOpDefinition, EvaluateContext, StaticType } from "./op-definition.ts";
import { OpError, require } from "./op-error.ts";
import { definitionOf } from "./op-table.ts";
import { printShape } from "./shapes.ts";
import { elementCount, isStaticShape } from "@waferc/ir/graph";
import type { ValueType } from "@waferc/ir/graph";

/** Runs a block of a control-flow op in the scope that the op is in. */
export type RunBlock = (block: Block, args: readonly Tensor[]) => Tensor[];

/**
 * Results of an op. Holes where the op lists none.
 * @throws OpError if operands or data break the op's rules, or there is no definition
 */
export function evaluateOp(
  op: OpLike,
  operands: readonly (Tensor | undefined)[],
  run?: RunBlock,
): readonly (Tensor | undefined)[] {
  const definition = definitionOf(op);
  const types = inferOp(op, operands, operands);
  const results = definition.evaluate(evaluateContext(definition, op, operands, types, run));
  types.forEach((type, i) => checkResult(op, i, type, results[i]));
  return results.slice(0, op.results.length);
}

function checkResult(op: OpLike, index: number, type: ValueType | undefined, result: Tensor | undefined): void {
  if (result === undefined || type === undefined) {
    invariant(op.results[index] === undefined, `${op.kind} must give result ${index}, which the op lists`);
    return;
  }
  const isDTypeRight = type.dtype === undefined || type.dtype === result.dtype;
  const isShapeRight = type.shape === undefined || doShapesAgree(type.shape, result.shape);
  invariant(
    isDTypeRight && isShapeRight,
    () => `${op.kind} must give what its shape rule says, not ${describeTensor(result)}`,
  );
}

function doShapesAgree(inferred: readonly unknown[], actual: readonly number[]): boolean {
  if (inferred.length !== actual.length) return false;
  return inferred.every((dim, axis) => typeof dim === "string" || dim === actual[axis]);
}

function evaluateContext(
  definition: AnyOpDefinition,
  op: OpLike,
  operands: readonly (Tensor | undefined)[],
  types: readonly (ValueType | undefined)[],
  run: RunBlock | undefined,
): EvaluateContext {
  const { version, attrs, resultCount } = inferContext(definition, op, operands, operands);
  const operand = (index: number): Tensor => {
    const tensor = operands[index];
    require(tensor !== undefined, () => `needs operand ${index}`);
    return tensor;
  };
  return {
    version,
    attrs,
    operands,
    resultCount,
    operand,
    has: (index) => operands[index] !== undefined,
    ints: (index) => integersOf(operand(index)),
    result: (index) => staticType(types[index]),
    run: (block, args) => {
      if (run === undefined) throw new OpError("needs an evaluator of graphs to run its blocks");
      return run(block, args);
    },
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
 * Results of an op whose operands are known, or that asks for their types only (Shape, Size). Undefined if it must run.
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
  const counts = results.map((type) => (type?.shape === undefined ? undefined : elementCount(type.shape)));
  if (counts.some((count) => count !== undefined && count > maxElements)) return undefined;
  return evaluateOp(op, constants);
}
