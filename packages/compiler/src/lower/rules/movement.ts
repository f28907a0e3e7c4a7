/**
 * Data movement. Whatever the op, its reference evaluation on the positions of the operand's elements says which element goes where; if that
 * is an affine view, the op is one. So transposes, slices, splits, reshapes, broadcasts and gathers with constant parameters need no rule
 * of their own. Views compose; one that would not be affine is materialised first.
 */
import { invariant } from "@waferc/base";
import type { Operand } from "@waferc/ir/dataflow";
import { intAttr, stringAttr } from "@waferc/ir/graph";
import type { Op } from "@waferc/ir/graph";
import { evaluateOp } from "@waferc/ops";
import { makeTensor, toFloat64 } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { elementsOf, identityView, reshapeView } from "../affine-view.ts";
import type { AffineView } from "../affine-view.ts";
import { tensorOperand } from "../lowering-context.ts";
import type { LoweringContext } from "../lowering-context.ts";
import { noObjection } from "../lowering-rule.ts";
import type { LoweringRule } from "../lowering-rule.ts";
import { shapeOf } from "../mesh-value.ts";
import type { LoweredValue } from "../mesh-value.ts";
import type { OpFacts } from "../op-facts.ts";

/** Added to positions, so that zeros and other elements that an op may bring in are told apart from them. */
const MARK = 1 << 28;

/** Flat positions of a view's elements, in its order, marked. */
function positionsOf({ shape, strides, offset }: AffineView): Tensor {
  let positions = new Int32Array([offset + MARK]);
  for (const [d, length] of shape.entries()) {
    const next = new Int32Array(positions.length * length);
    for (const [i, start] of positions.entries()) {
      for (let j = 0; j < length; j++) next[i * length + j] = start + j * (strides[d] ?? 0);
    }
    positions = next;
  }
  return makeTensor("i32", [...shape], positions);
}

/**
 * The view that has these positions in this order. Its shape is the tensor's, or, where a dimension must be cut for the view to be affine (a
 * tile repeats what it has), one with more dimensions. Undefined if there is none.
 */
function fitView({ shape, data }: Extract<Tensor, { dtype: "i32" }>): AffineView | undefined {
  const offset = (data[0] ?? 0) - MARK;
  const factors = factorsOf(data);
  if (offset < 0 || factors === undefined) return undefined;
  const cut = { shape: factors.map(({ length }) => length), strides: factors.map(({ stride }) => stride), offset };
  return reshapeView(cut, shape) ?? cut;
}

/** Nested loops that run through the numbers, outermost first. */
function factorsOf(data: Int32Array): { readonly length: number; readonly stride: number }[] | undefined {
  const factors: { length: number; stride: number }[] = [];
  for (let starts = data; starts.length > 1;) {
    const stride = (starts[1] ?? 0) - (starts[0] ?? 0);
    const length = longestRun(starts, stride);
    if (length === undefined) return undefined;
    factors.unshift({ length, stride });
    starts = starts.filter((_, i) => i % length === 0);
  }
  return factors;
}

/** The largest length that cuts the numbers evenly into runs with this stride; undefined if none above 1 does. */
function longestRun(starts: Int32Array, stride: number): number | undefined {
  let longest = 1;
  while (longest < starts.length && starts[longest] === (starts[longest - 1] ?? 0) + stride) longest++;
  for (let length = longest; length > 1; length--) {
    if (starts.length % length !== 0) continue;
    const isRun = starts.every((start, i) => i % length === 0 || start === (starts[i - 1] ?? 0) + stride);
    if (isRun) return length;
  }
  return undefined;
}

/** What the op makes of a view of its operand, result by result; undefined where that is not affine. */
function moveView(op: Op, view: AffineView, constants: readonly (Tensor | undefined)[]): (AffineView | undefined)[] {
  const results = evaluateOp(op, [positionsOf(view), ...constants.slice(1)]);
  return results.map((result) => (result?.dtype === "i32" ? fitView(result) : undefined));
}

function isEmptyResult(facts: OpFacts, index: number): boolean {
  return elementsOf(facts.resultShape(index) ?? []) === 0;
}

function constantsOf(facts: OpFacts): (Tensor | undefined)[] {
  return facts.op.operands.map((_, index) => facts.constant(index));
}

export const movement: LoweringRule = {
  skipsEmpty: true,
  objection(facts) {
    const { op } = facts;
    const shape = facts.shape(0);
    if (shape === undefined || facts.isConstant(0)) return "has no data to move";
    if (op.operands.some((id, index) => index > 0 && id !== undefined && facts.constant(index) === undefined)) {
      return "has parameters that are no constants";
    }
    try {
      const views = moveView(op, identityView(shape), constantsOf(facts));
      return views.some((view, index) => view === undefined && !isEmptyResult(facts, index))
        ? "moves data in a way that is not affine"
        : undefined;
    } catch {
      // The reference refuses positions where it would take data.
      return "moves data together with constants";
    }
  },
  lower(ctx, facts) {
    const { op } = facts;
    if (op.results.every((_, index) => isEmptyResult(facts, index))) {
      return op.results.forEach((id, index) => ctx.defineEmpty(id, facts.resultShape(index)));
    }
    const constants = constantsOf(facts);
    const value = ctx.activation(op, 0);
    let { base, movedBy = [] } = value;
    let views = moveView(op, value.view, constants);
    if (views.some((view, index) => view === undefined && !isEmptyResult(facts, index))) {
      base = ctx.materialize(value);
      movedBy = [];
      views = moveView(op, identityView(shapeOf(value)), constants);
    }
    for (const [index, view] of views.entries()) {
      if (isEmptyResult(facts, index)) {
        ctx.defineEmpty(op.results[index], facts.resultShape(index));
        continue;
      }
      invariant(view !== undefined, `result ${index} of ${op.kind} is an affine view`);
      const shape = facts.resultShape(index) ?? [];
      const result = { kind: "mesh", base, view, movedBy: [...movedBy, ...op.loc] } as const;
      const isSeen = String(view.shape) === String(shape);
      ctx.define(op.results[index], isSeen ? result : ctx.whole(ctx.materialize(result), shape));
    }
  },
};

/** One tensor of views and constants, one behind the other along an axis; what none of them covers is `fill`. */
export interface Joint {
  readonly shape: readonly number[];
  readonly axis: number;
  readonly pieces: readonly { readonly value: LoweredValue; readonly start: number }[];
  readonly fill?: number;
}

export function emitJoint(ctx: LoweringContext, name: string, { shape, axis, pieces, fill }: Joint): number {
  const operands = pieces.map(({ value }): Operand => {
    if (value.kind === "mesh") return tensorOperand(ctx.bring(value.base));
    return ctx.weightOperand(value, identityView(value.shape));
  });
  const views = pieces.map(({ value }) => (value.kind === "mesh" ? value.view : identityView(value.shape)));
  const params = {
    shape,
    axis,
    starts: pieces.flatMap(({ start }, index) => [start, start + (views[index]?.shape[axis] ?? 0)]),
    strides: views.flatMap(({ strides }) => strides),
    offsets: views.map(({ offset }) => offset),
    ...(fill === undefined ? {} : { fill }),
  };
  return ctx.builder.emit({ template: "move.concat", operands, params }, { name, shape });
}

export function joinViews(ctx: LoweringContext, name: string, values: readonly LoweredValue[], axis: number): number {
  let length = 0;
  const pieces = values.map((value) => {
    const start = length;
    length += shapeOf(value)[axis] ?? 0;
    return { value, start };
  });
  const [first] = values;
  invariant(first !== undefined, "there is something to join");
  return emitJoint(ctx, name, { shape: shapeOf(first).with(axis, length), axis, pieces });
}

/** Lengths to put before and behind each axis. */
function padsOf(facts: OpFacts): readonly number[] | undefined {
  const rank = facts.shape(0)?.length ?? 0;
  const given = facts.integers(1);
  if (given === undefined) return undefined;
  if (!facts.has(3)) return given;
  const axes = facts.integers(3)?.map((axis) => (axis < 0 ? axis + rank : axis));
  const ends = [0, 1].flatMap((end) =>
    Array.from({ length: rank }, (_, d) => given[(axes?.indexOf(d) ?? -1) + end * (axes?.length ?? 0)] ?? 0),
  );
  return axes === undefined || axes.length < rank ? undefined : ends;
}

export const pad: LoweringRule = {
  objection(facts) {
    if (facts.isConstant(0)) return "has no data to move";
    if (stringAttr(facts.op, "mode", "constant") !== "constant") return "pads with other elements than a constant";
    if (facts.has(2) && facts.constant(2) === undefined) return "has a value that is no constant";
    const pads = padsOf(facts);
    if (pads === undefined) return "has lengths that are no constants, or for some of the axes";
    return pads.some((length) => length < 0) ? "cuts instead of padding" : undefined;
  },
  lower(ctx, facts) {
    const { op } = facts;
    const value = facts.constant(2);
    const fill = value === undefined ? 0 : (toFloat64(value)[0] ?? 0);
    const rank = facts.shape(0)?.length ?? 0;
    const pads = padsOf(facts) ?? [];
    let padded = ctx.activation(op, 0);
    for (let axis = 0; axis < rank; axis++) {
      const [before = 0, behind = 0] = [pads[axis], pads[axis + rank]];
      if (before + behind === 0) continue;
      const shape = shapeOf(padded);
      const length = (shape[axis] ?? 0) + before + behind;
      const joint = { shape: shape.with(axis, length), axis, pieces: [{ value: padded, start: before }], fill };
      padded = ctx.whole(emitJoint(ctx, ctx.nameOf(op.results[0]), joint));
    }
    ctx.define(op.results[0], padded);
  },
};

export const concat: LoweringRule = {
  skipsEmpty: true,
  objection: noObjection,
  lower(ctx, facts) {
    const { op } = facts;
    const shape = facts.resultShape() ?? [];
    const axis = intAttr(op, "axis", 0);
    const values = op.operands.flatMap((id, index) => {
      const isEmpty = elementsOf(facts.shape(index) ?? []) === 0;
      return id === undefined || isEmpty ? [] : [ctx.operand(op, index)];
    });
    const [only] = values;
    if (values.length === 1 && only !== undefined) return ctx.define(op.results[0], only);
    const joint = joinViews(ctx, ctx.nameOf(op.results[0]), values, axis < 0 ? axis + shape.length : axis);
    ctx.define(op.results[0], ctx.whole(joint));
  },
};
