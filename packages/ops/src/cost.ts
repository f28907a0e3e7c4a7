// Arithmetic that an op asks for, from types alone: what reports and the lowering's estimates start from. Moved data
// and integer shape arithmetic count nothing.
import { readAttrs } from "./attr-spec.ts";
import type { OpLike } from "./infer.ts";
import { isFloat } from "@waferc/numerics";
import type { AnyOpDefinition, CostContext, StaticType } from "./op-definition.ts";
import { definitionOf } from "./op-table.ts";
import { elementCount } from "@waferc/numerics";

type Types = readonly (StaticType | undefined)[];

/** Multiply-accumulates of an op; 0 for those that do not contract. */
export function macsOf(op: OpLike, operands: Types, results: Types): number {
  const definition = definitionOf(op);
  return definition.macs?.(costContext(definition, op, operands, results)) ?? 0;
}

/**
 * Floating-point operations: two for each multiply-accumulate, one for each result element of an elementwise op (a
 * function such as exp counts as one), one for each operand element of a reduction.
 */
export function flopsOf(op: OpLike, operands: Types, results: Types): number {
  const definition = definitionOf(op);
  const ctx = costContext(definition, op, operands, results);
  if (definition.flops !== undefined) return definition.flops(ctx);
  if (definition.macs !== undefined) return 2 * definition.macs(ctx);
  if (definition.traits.includes("elementwise")) return floatElements(results[0]);
  return definition.traits.includes("reduction") ? floatElements(operands[0]) : 0;
}

function floatElements(type: StaticType | undefined): number {
  return type !== undefined && isFloat(type.dtype) ? elementCount(type.shape) : 0;
}

function costContext(definition: AnyOpDefinition, op: OpLike, operands: Types, results: Types): CostContext {
  return { version: op.version, attrs: readAttrs(definition.attrs, op), operands, results };
}
