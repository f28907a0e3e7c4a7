/**
 * Ops along one or more axes: softmax, norms and reductions. Kernels work along the columns of a matrix, so the axes in question are brought to
 * the end by a view, which moves data only if they were elsewhere.
 */
import { floatAttr, intAttr, intsAttr } from "@waferc/ir/graph";
import type { Op } from "@waferc/ir/graph";
import type { Operand } from "@waferc/ir/dataflow";
import { elementsOf, identityView, reshapeView, transposeView } from "../affine-view.ts";
import type { LoweringContext } from "../lowering-context.ts";
import { tensorOperand } from "../lowering-context.ts";
import type { LoweringRule } from "../lowering-rule.ts";
import { shapeOf } from "../mesh-value.ts";
import type { LoweredValue, MeshValue } from "../mesh-value.ts";
import type { OpFacts } from "../op-facts.ts";
import { Elementwise, rowOperand } from "./elementwise.ts";

function rankOf(facts: OpFacts): number {
  return facts.shape(0)?.length ?? 0;
}

/** An axis from 0. */
function axisOf(facts: OpFacts, byDefault: number): number {
  const axis = intAttr(facts.op, "axis", byDefault);
  return axis < 0 ? axis + rankOf(facts) : axis;
}

/** The value with some axes last, the others in their order before them. */
function withAxesLast(value: MeshValue, axes: readonly number[]): MeshValue {
  const rest = [...value.view.shape.keys()].filter((d) => !axes.includes(d));
  return { ...value, view: transposeView(value.view, [...rest, ...axes]) };
}

const softmax: LoweringRule = {
  objection: (facts) => (facts.op.version < 13 ? "has the meaning of an opset before 13" : undefined),
  lower(ctx, facts) {
    const { op } = facts;
    const axis = axisOf(facts, -1);
    const rank = rankOf(facts);
    const x = withAxesLast(ctx.activation(op, 0), [axis]);
    const operands = [tensorOperand(ctx.materialize(x))];
    const id = ctx.builder.emit(
      { template: "softmax.row", operands },
      { name: ctx.nameOf(op.results[0]), shape: shapeOf(x) },
    );
    const back = Array.from({ length: rank }, (_, d) => (d < axis ? d : d === axis ? rank - 1 : d - 1));
    ctx.define(op.results[0], { kind: "mesh", base: id, view: transposeView(identityView(shapeOf(x)), back) });
  },
};

/** Norms over the axes from `axis` on, which are seen as one. */
function norm(template: string): LoweringRule {
  return {
    objection(facts) {
      if (facts.isConstant(0) || !facts.isConstant(1)) return "has a scale that is no constant";
      if (facts.has(2) && !facts.isConstant(2)) return "has a bias that is no constant";
      if (intAttr(facts.op, "stash_type", 1) !== 1) return "computes in another type than f32";
      const wanted = elementsOf((facts.shape(0) ?? []).slice(axisOf(facts, -1)));
      for (const index of [1, 2]) {
        const shape = facts.shape(index);
        if (facts.has(index) && elementsOf(shape ?? []) !== wanted) return "has a scale or bias of another length";
      }
      return facts.isResultUsed(1) || facts.isResultUsed(2) ? "has statistics as results" : undefined;
    },
    lower(ctx, facts) {
      const { op } = facts;
      const axis = axisOf(facts, -1);
      const shape = facts.shape(0) ?? [];
      const matrix = [...shape.slice(0, axis), elementsOf(shape.slice(axis))];
      const x = ctx.reviewed(ctx.activation(op, 0), (view) => reshapeView(view, matrix));
      const operands: Operand[] = [tensorOperand(ctx.materialize(x))];
      for (const index of [1, 2]) {
        if (!facts.has(index)) continue;
        operands.push(rowOperand(ctx, flat(ctx, op, index), matrix));
      }
      const params = { eps: floatAttr(op, "epsilon", Math.fround(1e-5)) };
      ctx.emitResult(op, { template, operands, params }, matrix);
    },
  };
}

/** A constant operand seen as one row. */
function flat(ctx: LoweringContext, op: Op, index: number): Extract<LoweredValue, { kind: "constant" }> {
  const constant = ctx.constant(op, index);
  return { ...constant, shape: [elementsOf(constant.shape)] };
}

function reducedAxes(facts: OpFacts): readonly number[] | undefined {
  const rank = rankOf(facts);
  const given = facts.has(1) ? facts.integers(1) : (intsAttr(facts.op, "axes") ?? []);
  if (given === undefined) return undefined;
  if (given.length > 0) return given.map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b);
  return intAttr(facts.op, "noop_with_empty_axes", 0) === 0 ? Array.from({ length: rank }, (_, d) => d) : [];
}

/** Wraps a reduction: what is done to the operand before it and to the result after it. */
interface Wrapping {
  readonly before?: (e: Elementwise, x: LoweredValue) => LoweredValue;
  readonly after?: (e: Elementwise, x: LoweredValue) => LoweredValue;
}

function reduction(fn: string, { before, after }: Wrapping = {}): LoweringRule {
  return {
    objection: (facts) => (reducedAxes(facts) === undefined ? "has axes that are no constant" : undefined),
    lower(ctx, facts) {
      const { op } = facts;
      const name = ctx.nameOf(op.results[0]);
      const axes = reducedAxes(facts) ?? [];
      let x = ctx.activation(op, 0);
      if (before !== undefined) x = before(new Elementwise(ctx, name, shapeOf(x)), x) as MeshValue;
      const turned = withAxesLast(x, axes);
      const count = elementsOf(shapeOf(turned).slice(rankOf(facts) - axes.length));
      const matrix = [elementsOf(shapeOf(turned)) / count, count];
      const seen = ctx.reviewed(turned, (view) => reshapeView(view, matrix));
      const operands = [tensorOperand(ctx.materialize(seen))];
      const totals = [matrix[0] ?? 1, 1];
      const id = ctx.builder.emit({ template: "reduce.row", operands, params: { fn } }, { name, shape: totals });
      const result = after?.(new Elementwise(ctx, name, totals), ctx.whole(id)) ?? ctx.whole(id);
      const shape = facts.resultShape() ?? [];
      ctx.define(
        op.results[0],
        ctx.reviewed(result as MeshValue, (view) => reshapeView(view, shape)),
      );
    },
  };
}

const square = (e: Elementwise, x: LoweredValue) => e.binary("mul", x, x);

export const rowRules: readonly (readonly [kind: string, rule: LoweringRule])[] = [
  ["Softmax", softmax],
  ["RMSNormalization", norm("norm.rms")],
  ["LayerNormalization", norm("norm.layer")],
  ["ReduceSum", reduction("sum")],
  ["ReduceMean", reduction("mean")],
  ["ReduceMax", reduction("max")],
  ["ReduceMin", reduction("min")],
  ["ReduceSumSquare", reduction("sum", { before: square })],
  ["ReduceL1", reduction("sum", { before: (e, x) => e.unary("abs", x) })],
  ["ReduceL2", reduction("sum", { before: square, after: (e, x) => e.unary("sqrt", x) })],
];
