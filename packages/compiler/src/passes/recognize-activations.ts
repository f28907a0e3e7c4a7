// GELU and SiLU written in primitives become Gelu and Swish.
//   Gelu none: 0.5 * x * (1 + erf(x / sqrt 2))
//   Gelu tanh: 0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))
//   Swish:     x * sigmoid(alpha * x), or x / (1 + exp(-alpha * x)); alpha 1.702 is the quick GELU
// All are x times a number times a gate that depends on x through a polynomial. Factors may come in any order and grouping, the
// polynomial in any form. Definitions: https://onnx.ai/onnx/operators/onnx__Gelu.html and onnx__Swish.html.
import { attr, attrsOf, type GraphBuilder, type Op, type ValueId } from "@waferc/ir/graph";
import type { NoOptions, Pass } from "../pass.ts";
import { basesOf, isPolynomial, polynomialOf, type Polynomial } from "./polynomial.ts";
import { powerProductOf, type PowerFactor } from "./power-product.ts";
import { isNear } from "./product.ts";
import { Rewriter } from "./rewriter.ts";
import { sumOf } from "./sum-terms.ts";

const ERF: Polynomial = [0, Math.SQRT1_2];
const TANH: Polynomial = [0, Math.sqrt(2 / Math.PI), 0, 0.044715 * Math.sqrt(2 / Math.PI)];

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
  const found = matchActivation(rewriter.graph, result);
  if (found === undefined) return undefined;
  const { kind, x, ops } = found;
  const attrs =
    found.kind === "Gelu"
      ? attrsOf({ approximate: attr.string(found.approximate) })
      : attrsOf({ alpha: attr.float(found.alpha) });
  return rewriter.replace(result, rewriter.emit(kind, [x], { attrs, covers: ops })) ? kind : undefined;
}

type Activation = { readonly x: ValueId; readonly ops: readonly Op[] } & (
  { readonly kind: "Gelu"; readonly approximate: "none" | "tanh" } | { readonly kind: "Swish"; readonly alpha: number }
);

/** Looks for a gate among the factors of a product; the others must be x and the gate's number. */
function matchActivation(graph: GraphBuilder, root: ValueId): Activation | undefined {
  for (const factor of powerProductOf(graph, root).factors) {
    const gate = gateOf(graph, factor);
    for (const x of gate === undefined ? [] : basesOf(graph, gate.argument)) {
      const known = gate === undefined ? undefined : nameOf(gate, polynomialOf(graph, gate.argument, x));
      if (gate === undefined || known === undefined) continue;
      const product = powerProductOf(graph, root, (id) => id === x);
      const others = product.factors.filter(({ value }) => value !== factor.value);
      const isXAlone = others.length === 1 && others[0]?.value === x && others[0].exponent === 1;
      if (!isXAlone || product.factors.length !== 2 || !isNear(product.number * gate.number, known.number)) continue;
      return { ...known.activation, x, ops: [...product.ops, ...gate.ops] };
    }
  }
  return undefined;
}

interface Gate {
  readonly curve: "Erf" | "Tanh" | "Sigmoid";
  readonly argument: ValueId;
  /** The gate is this many times 1 + curve, or the sigmoid. */
  readonly number: number;
  readonly ops: readonly Op[];
}

/** number * (1 + curve(argument)), sigmoid(argument), or 1 / (1 + exp(-argument)), whose argument is then turned. */
function gateOf(
  graph: GraphBuilder,
  { value, exponent }: PowerFactor,
): (Gate & { readonly isTurned?: boolean }) | undefined {
  const op = graph.producer(value);
  const [first] = op?.operands ?? [];
  if (op?.domain !== "" || first === undefined) return undefined;
  if (op.kind === "Sigmoid")
    return exponent === 1 ? { curve: "Sigmoid", argument: first, number: 1, ops: [op] } : undefined;
  const { number, terms } = sumOf(graph, value);
  const [term] = terms;
  if (term === undefined || terms.length > 1 || number === 0) return undefined;
  const product = powerProductOf(graph, term.value);
  const [inner] = product.factors;
  const curve = inner?.exponent === 1 && product.factors.length === 1 ? graph.producer(inner.value) : undefined;
  const [argument] = curve?.operands ?? [];
  if (curve?.domain !== "" || argument === undefined) return undefined;
  const ops = [...term.path, ...product.ops, curve];
  if (!isNear(term.sign * product.number, number)) return undefined;
  if (curve.kind === "Exp" && exponent === -1)
    return { curve: "Sigmoid", argument, number: 1 / number, ops, isTurned: true };
  const isCurve = curve.kind === "Erf" || curve.kind === "Tanh";
  return isCurve && exponent === 1 ? { curve: curve.kind, argument, number, ops } : undefined;
}

interface Named {
  readonly activation:
    | { readonly kind: "Gelu"; readonly approximate: "none" | "tanh" }
    | { readonly kind: "Swish"; readonly alpha: number };
  /** What the numbers of the product must come to. */
  readonly number: number;
}

function nameOf(gate: Gate & { readonly isTurned?: boolean }, argument: Polynomial | undefined): Named | undefined {
  if (argument === undefined) return undefined;
  if (gate.curve === "Sigmoid") {
    const [constant = 0, slope = 0, ...rest] = argument;
    const alpha = gate.isTurned === true ? -slope : slope;
    const isLine = constant === 0 && alpha > 0 && rest.every((coefficient) => coefficient === 0);
    return isLine ? { activation: { kind: "Swish", alpha: wholeAlpha(alpha) }, number: 1 } : undefined;
  }
  const isErf = gate.curve === "Erf";
  if (!isPolynomial(argument, isErf ? ERF : TANH)) return undefined;
  return { activation: { kind: "Gelu", approximate: isErf ? "none" : "tanh" }, number: 0.5 };
}

/** 1 rather than what rounding left of it. */
const wholeAlpha = (alpha: number): number => (isNear(alpha, 1) ? 1 : alpha);
