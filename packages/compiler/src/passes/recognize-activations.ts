// GELU and SiLU written in primitives become Gelu and Swish.
//   Gelu none: 0.5 * x * (1 + erf(x / sqrt 2))
//   Gelu tanh: 0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))
//   Swish:     x * sigmoid(x), or x / (1 + exp(-x))
// Factors may come in any order and grouping, powers as Pow or as products. Definitions:
// https://onnx.ai/onnx/operators/onnx__Gelu.html and onnx__Swish.html. Swish with another alpha than 1 is left alone.
import { attr, attrsOf, type GraphBuilder, type Op, type ValueId } from "@waferc/ir/graph";
import type { NoOptions, Pass } from "../pass.ts";
import { boundValue, matchesOf, number, oneOf, op, readScalar, value } from "./pattern.ts";
import { isMonomial, isNear, productOf, type Product } from "./product.ts";
import { Rewriter } from "./rewriter.ts";

const X = value("x");
const SWISH = oneOf(
  op("Mul", [X, op("Sigmoid", [X])]),
  op("Div", [X, op("Add", [op("Exp", [op("Neg", [X])]), number(1)])]),
  op("Mul", [X, op("Div", [number(1), op("Add", [op("Exp", [op("Neg", [X])]), number(1)])])]),
);

const ERF_SCALE = Math.SQRT1_2;
const TANH_SCALE = Math.sqrt(2 / Math.PI);
const TANH_CUBIC = 0.044715;

export const recognizeActivations: Pass<"graph", "graph", NoOptions> = {
  name: "recognize-activations",
  from: "graph",
  to: "graph",
  summary: "Recognise Gelu and Swish",
  requires: ["shapes-known", "constants-folded"],
  establishes: [],
  options: {},
  run(input, _options, { stats }) {
    const rewriter = new Rewriter(input, this.name);
    // From the outputs back, so that a formula is seen whole before its parts.
    for (const root of rewriter.graph.ops.toReversed()) {
      const kind = rewriteRoot(rewriter, root);
      if (kind !== undefined) stats.add(kind, 1);
    }
    return rewriter.finish();
  },
};

function rewriteRoot(rewriter: Rewriter, root: Op): string | undefined {
  const [result] = root.results;
  if (root.domain !== "" || (root.kind !== "Mul" && root.kind !== "Div") || result === undefined) return undefined;
  const gelu = findGelu(rewriter.graph, result);
  if (gelu !== undefined) {
    const attrs = attrsOf({ approximate: attr.string(gelu.approximate) });
    const made = rewriter.emit("Gelu", [gelu.x], { attrs, covers: gelu.ops });
    return rewriter.replace(result, made) ? "Gelu" : undefined;
  }
  for (const match of matchesOf(rewriter.graph, SWISH, result)) {
    const made = rewriter.emit("Swish", [boundValue(match, "x")], {
      attrs: attrsOf({ alpha: attr.float(1) }),
      covers: match.ops,
    });
    if (rewriter.replace(result, made)) return "Swish";
  }
  return undefined;
}

interface Gelu {
  readonly x: ValueId;
  readonly approximate: "none" | "tanh";
  readonly ops: readonly Op[];
}

/** Looks for a factor 1 + f(g(x)); the others must be 0.5 * x. */
function findGelu(graph: GraphBuilder, root: ValueId): Gelu | undefined {
  for (const candidate of productOf(graph, root).factors) {
    const inner = onePlus(graph, candidate);
    if (inner === undefined) continue;
    const found = inner.curve.kind === "Erf" ? erfArgument(graph, inner.argument) : tanhArgument(graph, inner.argument);
    if (found === undefined) continue;
    const whole = productOf(graph, root, found.x);
    const others: Product = { ...whole, factors: whole.factors.filter((factor) => factor !== candidate) };
    if (whole.factors.length - others.factors.length !== 1 || !isMonomial(graph, others, found.x, 1, 0.5)) continue;
    const approximate = inner.curve.kind === "Erf" ? "none" : "tanh";
    return { x: found.x, approximate, ops: [...whole.ops, inner.sum, inner.curve, ...found.ops] };
  }
  return undefined;
}

interface OnePlus {
  readonly sum: Op;
  readonly curve: Op;
  readonly argument: ValueId;
}

/** 1 + Erf(a) or 1 + Tanh(a), in either order. */
function onePlus(graph: GraphBuilder, id: ValueId): OnePlus | undefined {
  const sum = graph.producer(id);
  if (sum === undefined || sum.domain !== "" || sum.kind !== "Add") return undefined;
  for (const [one, other] of [sum.operands, [...sum.operands].reverse()]) {
    const curve = graph.producer(other);
    const [argument] = curve?.operands ?? [];
    if (readScalar(graph.constant(one)) !== 1 || curve === undefined || curve.domain !== "" || argument === undefined)
      continue;
    if (curve.kind === "Erf" || curve.kind === "Tanh") return { sum, curve, argument };
  }
  return undefined;
}

interface Argument {
  readonly x: ValueId;
  readonly ops: readonly Op[];
}

/** x / sqrt 2. x may be a product itself, so the division is peeled off rather than flattened. */
function erfArgument(graph: GraphBuilder, argument: ValueId): Argument | undefined {
  const op = graph.producer(argument);
  for (const x of op?.operands ?? []) {
    if (x === undefined || op === undefined) continue;
    const product = productOf(graph, argument, x);
    if (isMonomial(graph, product, x, 1, ERF_SCALE)) return { x, ops: product.ops };
  }
  return undefined;
}

/** sqrt(2/pi) * (x + 0.044715 x^3), or the same with x taken out of the bracket. */
function tanhArgument(graph: GraphBuilder, argument: ValueId): Argument | undefined {
  const outer = productOf(graph, argument);
  if (!isNear(outer.number, TANH_SCALE)) return undefined;
  for (const factor of outer.factors) {
    const sum = graph.producer(factor);
    if (sum === undefined || sum.domain !== "" || sum.kind !== "Add") continue;
    for (const [first, second] of [sum.operands, [...sum.operands].reverse()]) {
      const found =
        first === undefined || second === undefined ? undefined : tanhSum(graph, outer, factor, first, second);
      if (found !== undefined) return { x: found.x, ops: [...outer.ops, sum, ...found.ops] };
    }
  }
  return undefined;
}

function tanhSum(
  graph: GraphBuilder,
  outer: Product,
  bracket: ValueId,
  first: ValueId,
  second: ValueId,
): Argument | undefined {
  const rest = outer.factors.filter((factor) => factor !== bracket);
  const isBracketAlone = rest.length === 0 && outer.factors.length === 1;
  if (isBracketAlone) {
    const cubic = productOf(graph, second, first);
    return isMonomial(graph, cubic, first, 3, TANH_CUBIC) ? { x: first, ops: cubic.ops } : undefined;
  }
  const [x] = rest;
  if (x === undefined || rest.length !== 1 || readScalar(graph.constant(first)) !== 1) return undefined;
  const square = productOf(graph, second, x);
  return isMonomial(graph, square, x, 2, TANH_CUBIC) ? { x, ops: square.ops } : undefined;
}
