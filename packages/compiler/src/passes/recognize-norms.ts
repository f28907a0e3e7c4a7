// Layer and RMS normalisation written in primitives become LayerNormalization and RMSNormalization.
//   LayerNormalization: d = x - mean(x); y = d / sqrt(mean(d^2) + epsilon) * scale [+ bias]
//   RMSNormalization:   y = x / sqrt(mean(x^2) + epsilon) * scale
// Means are over the last axes. The reciprocal root may be a division, Div(1, ..), Reciprocal or Pow(.., -0.5); squares may be
// Pow or Mul. A norm without scale gets one of ones, which changes nothing.
// Definitions: https://onnx.ai/onnx/operators/onnx__LayerNormalization.html and onnx__RMSNormalization.html.
import { attr, attrsOf, type Op, type ValueId } from "@waferc/ir/graph";
import { fullTensor, isFloat, tensorOf } from "@waferc/numerics";
import type { NoOptions, Pass } from "../pass.ts";
import { suffixReductionAxis } from "./axes.ts";
import { eraseDead } from "./liveness.ts";
import {
  boundNumber,
  boundValue,
  matchesOf,
  number,
  oneOf,
  op,
  scalar,
  value,
  type Match,
  type Pattern,
} from "./pattern.ts";
import { Rewriter } from "./rewriter.ts";

const mean = (x: Pattern): Pattern =>
  op("ReduceMean", [x], (graph, found) => suffixReductionAxis(graph, found) !== undefined);
const square = (x: Pattern): Pattern => oneOf(op("Pow", [x, number(2)]), op("Mul", [x, x]));

/** `x / sqrt(v)` in every form. */
function dividedByRoot(x: Pattern, v: Pattern): Pattern {
  const root = oneOf(op("Sqrt", [v]), op("Pow", [v, number(0.5)]));
  const inverse = oneOf(op("Div", [number(1), root]), op("Reciprocal", [root]), op("Pow", [v, number(-0.5)]));
  return oneOf(op("Div", [x, root]), op("Mul", [x, inverse]));
}

const X = value("x");
const RMS = dividedByRoot(X, op("Add", [mean(square(X)), scalar("epsilon")]));

const CENTERED = op("Sub", [X, mean(X)]);
const CENTERED_NORM = dividedByRoot(CENTERED, op("Add", [mean(square(CENTERED)), scalar("epsilon")]));

interface Norm {
  readonly kind: string;
  readonly pattern: Pattern;
  readonly hasScale: boolean;
  readonly hasBias: boolean;
}

const scaledBy = (pattern: Pattern): Pattern => op("Mul", [pattern, value("scale")]);

/** Fullest first, so that a norm's own scale is not left behind. */
const ROUNDS: readonly Norm[] = [
  {
    kind: "LayerNormalization",
    pattern: op("Add", [scaledBy(CENTERED_NORM), value("bias")]),
    hasScale: true,
    hasBias: true,
  },
  { kind: "LayerNormalization", pattern: scaledBy(CENTERED_NORM), hasScale: true, hasBias: false },
  { kind: "LayerNormalization", pattern: CENTERED_NORM, hasScale: false, hasBias: false },
  { kind: "RMSNormalization", pattern: scaledBy(RMS), hasScale: true, hasBias: false },
  { kind: "RMSNormalization", pattern: RMS, hasScale: false, hasBias: false },
];

export const recognizeNorms: Pass<"graph", "graph", NoOptions> = {
  name: "recognize-norms",
  from: "graph",
  to: "graph",
  summary: "Recognise LayerNormalization and RMSNormalization",
  requires: ["shapes-known", "constants-folded"],
  establishes: [],
  options: {},
  run(input, _options, { stats }) {
    const rewriter = new Rewriter(input, this.name);
    for (const norm of ROUNDS) {
      for (const found of rewriter.graph.ops) if (rewriteNorm(rewriter, norm, found)) stats.add(norm.kind, 1);
      eraseDead(rewriter.graph);
    }
    return rewriter.finish();
  },
};

function rewriteNorm(rewriter: Rewriter, norm: Norm, root: Op): boolean {
  const [result] = root.results;
  if (result === undefined) return false;
  for (const match of matchesOf(rewriter.graph, norm.pattern, result)) {
    const made = emitNorm(rewriter, norm, match);
    if (made !== undefined && rewriter.replace(result, made)) return true;
  }
  return false;
}

function emitNorm(rewriter: Rewriter, norm: Norm, match: Match): ValueId | undefined {
  const { graph } = rewriter;
  const x = boundValue(match, "x");
  const [shape, dtype] = [rewriter.shapeOf(x), rewriter.dtypeOf(x)];
  const reductions = match.ops.filter((one) => one.kind === "ReduceMean").map((one) => suffixReductionAxis(graph, one));
  const [axis] = reductions;
  if (shape === undefined || dtype === undefined || !isFloat(dtype) || axis === undefined) return undefined;
  if (reductions.some((other) => other !== axis)) return undefined;
  const normalShape = shape.slice(axis);
  const scale = norm.hasScale
    ? parameterOf(rewriter, match, "scale", normalShape)
    : rewriter.constant("ones", fullTensor(dtype, normalShape, 1));
  const bias = norm.hasBias ? parameterOf(rewriter, match, "bias", normalShape) : undefined;
  if (scale === undefined || (norm.hasBias && bias === undefined)) return undefined;
  const attrs = attrsOf({ axis: attr.int(axis - shape.length), epsilon: attr.float(boundNumber(match, "epsilon")) });
  return rewriter.emit(norm.kind, [x, scale, bias], { attrs, covers: match.ops });
}

/** A scale or bias in the shape of the normalised dims; it may have had unit dims in front. */
function parameterOf(rewriter: Rewriter, match: Match, name: string, wanted: readonly number[]): ValueId | undefined {
  const id = boundValue(match, name);
  const shape = rewriter.shapeOf(id);
  if (shape === undefined || rewriter.dtypeOf(id) !== rewriter.dtypeOf(boundValue(match, "x"))) return undefined;
  const trimmed = shape.slice(Math.max(0, shape.length - wanted.length));
  const isFit = trimmed.length === wanted.length && trimmed.every((length, i) => length === wanted[i]);
  if (!isFit || shape.slice(0, -wanted.length).some((length) => length !== 1)) return undefined;
  if (shape.length === wanted.length) return id;
  return rewriter.emit("Reshape", [id, rewriter.constant("shape", tensorOf("i64", [wanted.length], wanted))]);
}
