// Families of elementwise ops: unary, binary with broadcasting, comparison and logic, variadic. A definition gives the
// function in the arithmetics that the op has.
import type { ValueType } from "@waferc/ir/graph";
import type { Tensor } from "@waferc/numerics";
import type { AttrTable, AttrValues } from "../attr-spec.ts";
import { castTensor } from "../math/cast.ts";
import { compareBinary, mapBinary, mapUnary } from "../math/elementwise.ts";
import type { BinaryFunction, UnaryFunction } from "../math/elementwise.ts";
import { isComputable } from "../math/floats.ts";
import { defineOp } from "../op-definition.ts";
import type { AnyOpDefinition, InferContext, OpTrait } from "../op-definition.ts";
import { OpError, require } from "../op-error.ts";
import { broadcastTypes } from "../shapes.ts";
import { alignOperand, alignType, LEGACY_ATTRS } from "./legacy-broadcast.ts";

interface Named {
  readonly domain?: string;
  readonly kind: string;
  readonly versions: readonly [number, ...number[]];
  readonly missing?: readonly number[];
  readonly source?: string;
  readonly traits?: readonly OpTrait[];
}

/** y = f(x), of x's type. Attributes make the function where there are any. */
export function defineUnary<const A extends AttrTable = Record<never, never>>(
  op: Named & { readonly attrs?: A; readonly fn: UnaryFunction | ((attrs: AttrValues<A>) => UnaryFunction) },
): AnyOpDefinition {
  const { fn, traits = [], ...rest } = op;
  return defineOp<A>({
    ...rest,
    traits: ["elementwise", ...traits],
    operands: [1, 1],
    infer: ({ operand }) => [typeOf(operand(0))],
    evaluate: ({ operand, attrs }) => {
      const x = operand(0);
      return [mapUnary(x, x.dtype, typeof fn === "function" ? fn(attrs) : fn)];
    },
  });
}

/** y = f(a, b) with broadcasting, all of one type. */
export function defineBinary<const A extends AttrTable = Record<never, never>>(
  op: Named & { readonly attrs?: A; readonly fn: BinaryFunction | ((attrs: AttrValues<A>) => BinaryFunction) },
): AnyOpDefinition {
  const { fn, traits = [], ...rest } = op;
  return defineOp<A & typeof LEGACY_ATTRS>({
    ...rest,
    attrs: { ...LEGACY_ATTRS, ...(op.attrs as A) },
    traits: ["elementwise", ...traits],
    operands: [2, 2],
    infer: (ctx) => {
      const types = [ctx.operand(0), alignType(ctx.operand(0), ctx.operand(1), ctx)];
      return [{ dtype: commonDType(types), shape: broadcastTypes(types) }];
    },
    evaluate: (ctx) => {
      const [a, b] = [ctx.operand(0), alignOperand(ctx.operand(0), ctx.operand(1), ctx)];
      return [mapBinary(a, b, ctx.result(0), typeof fn === "function" ? fn(ctx.attrs) : fn)];
    },
  });
}

/** A bool for each pair of elements. `legal` restricts the operands' types. */
export function defineComparison(
  op: Named & { readonly test: (x: number, y: number) => boolean; readonly legal?: (dtype: string) => boolean },
): AnyOpDefinition {
  const { test, legal, traits = [], ...rest } = op;
  return defineOp({
    ...rest,
    attrs: LEGACY_ATTRS,
    traits: ["elementwise", ...traits],
    operands: [2, 2],
    infer: (ctx) => {
      const types = [ctx.operand(0), alignType(ctx.operand(0), ctx.operand(1), ctx)];
      const dtype = commonDType(types);
      require(dtype === undefined || legal === undefined || legal(dtype), () => `cannot take ${dtype} operands`);
      return [{ dtype: "bool", shape: broadcastTypes(types) }];
    },
    evaluate: (ctx) => {
      const [a, b] = [ctx.operand(0), alignOperand(ctx.operand(0), ctx.operand(1), ctx)];
      return [compareBinary(a, b, ctx.result(0).shape, test)];
    },
  });
}

/**
 * Folds a function over one operand or more, with broadcasting, floats in double precision. `finish` sees the fold and
 * the number of operands.
 */
export function defineVariadic(
  op: Named & { readonly fn: BinaryFunction; readonly finish?: (sum: Tensor, count: number) => Tensor },
): AnyOpDefinition {
  const { fn, finish = (sum) => sum, traits = [], ...rest } = op;
  return defineOp({
    ...rest,
    traits: ["elementwise", "commutative", ...traits],
    operands: [1, Infinity],
    infer: ({ operands, operand }) => {
      const types = operands.map((_, i) => operand(i));
      return [{ dtype: commonDType(types), shape: broadcastTypes(types) }];
    },
    evaluate: ({ operands, operand, result }) => {
      const { dtype, shape } = result(0);
      const wide = isComputable(dtype) ? "f64" : dtype;
      let folded = castTensor(operand(0), wide);
      for (let i = 1; i < operands.length; i++) {
        folded = mapBinary(folded, castTensor(operand(i), wide), { dtype: wide, shape }, fn);
      }
      return [castTensor(finish(folded, operands.length), dtype)];
    },
  });
}

/** The dtype that all operands share. */
export function commonDType(types: readonly ValueType[]): ValueType["dtype"] {
  let common: ValueType["dtype"];
  for (const { dtype } of types) {
    if (dtype === undefined) continue;
    if (common !== undefined && common !== dtype)
      throw new OpError(`needs equal dtypes, but found ${common} and ${dtype}`);
    common = dtype;
  }
  return common;
}

/** Dtype and shape only, without a value's id and name. */
export function typeOf({ dtype, shape }: ValueType): ValueType {
  return { dtype, shape };
}

/** The type of the first operand, for ops that keep it. */
export function inferSameType({ operand }: InferContext): readonly ValueType[] {
  return [typeOf(operand(0))];
}
