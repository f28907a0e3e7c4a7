// Rotary position embedding in the half-split form becomes RotaryEmbedding (opset 23, interleaved 0) on 3-D tensors:
//   y = x * cos + concat(-x[D/2:], x[:D/2]) * sin, with cos and sin constant and equal in both halves.
// x is [batch, heads, seq, D] or [batch, seq, heads, D]; the result is written on [batch, seq, heads * D] with num_heads, and
// the views around it are left to `simplify-views`. Leaves out partial and interleaved rotation and cos or sin that depend
// on inputs. Definition: https://onnx.ai/onnx/operators/onnx__RotaryEmbedding.html.
import { attr, attrsOf, type Op, type TensorSource, type ValueId } from "@waferc/ir/graph";
import { fromFloat64, toFloat64 } from "@waferc/numerics";
import type { NoOptions, Pass } from "../pass.ts";
import { isOnLastAxis, lastAxisSlice } from "./axes.ts";
import { boundValue, matchesOf, op, value, type Match } from "./pattern.ts";
import { Rewriter } from "./rewriter.ts";
import { emitView, traceView } from "./view-chain.ts";
import { identityView, regroupView, reshapeView, transposeView } from "./view.ts";

const ROTATED = op("Concat", [op("Neg", [value("high")]), value("low")], isOnLastAxis);
const ROTARY = op("Add", [op("Mul", [value("x"), value("cos")]), op("Mul", [ROTATED, value("sin")])]);

export const recognizeRotary: Pass<"graph", "graph", NoOptions> = {
  name: "recognize-rotary",
  from: "graph",
  to: "graph",
  summary: "Recognise RotaryEmbedding with constant angles",
  requires: ["shapes-known", "constants-folded"],
  establishes: [],
  options: {},
  run(input, _options, { stats }) {
    const rewriter = new Rewriter(input, this.name);
    for (const root of rewriter.graph.ops) if (rewriteRoot(rewriter, root)) stats.add("RotaryEmbedding", 1);
    return rewriter.finish();
  },
};

function rewriteRoot(rewriter: Rewriter, root: Op): boolean {
  const [result] = root.results;
  if (result === undefined || root.kind !== "Add") return false;
  for (const match of matchesOf(rewriter.graph, ROTARY, result)) {
    const made = emitRotary(rewriter, match);
    if (made !== undefined && rewriter.replace(result, made)) return true;
  }
  return false;
}

function emitRotary(rewriter: Rewriter, match: Match): ValueId | undefined {
  const { graph } = rewriter;
  const x = boundValue(match, "x");
  const shape = rewriter.shapeOf(x);
  const depth = shape?.[3] ?? 1;
  const [low, high] = [lastAxisSlice(graph, boundValue(match, "low")), lastAxisSlice(graph, boundValue(match, "high"))];
  if (shape?.length !== 4 || depth % 2 !== 0 || low?.of !== x || high?.of !== x) return undefined;
  const half = depth / 2;
  if (low.start !== 0 || low.end !== half || high.start !== half || high.end !== depth) return undefined;
  const cos = readAngles(graph.constant(boundValue(match, "cos")), shape);
  const sin = readAngles(graph.constant(boundValue(match, "sin")), shape);
  if (cos === undefined || sin === undefined || cos.headsAxis !== sin.headsAxis) return undefined;
  const batch = Math.max(cos.batch, sin.batch);
  const caches = [cacheOf(rewriter, "cos", cos, batch), cacheOf(rewriter, "sin", sin, batch)];
  return emitOn3d(rewriter, x, shape, cos.headsAxis, caches, match.ops);
}

interface Angles {
  /** The axis of x along which the angles do not change: 1 or 2. */
  readonly headsAxis: 1 | 2;
  /** 1, or the batch of x if its sequences have angles of their own. */
  readonly batch: number;
  readonly seq: number;
  readonly half: number;
  readonly dtype: TensorSource["dtype"];
  /** [batch, seq, half] */
  readonly data: Float64Array;
}

/** Angles as [batch, seq, half], if the constant fits x and its two halves are equal. */
function readAngles(source: TensorSource | undefined, shape: readonly number[]): Angles | undefined {
  const [batch = 0, d1 = 0, d2 = 0, depth = 0] = shape;
  if (source === undefined || source.shape.length > 4) return undefined;
  const [b = 1, c1 = 1, c2 = 1, d = 1] = [...new Array<number>(4 - source.shape.length).fill(1), ...source.shape];
  if (d !== depth || (b !== 1 && b !== batch)) return undefined;
  const isHeadsFirst = c1 === 1 && c2 === d2;
  if (!isHeadsFirst && !(c2 === 1 && c1 === d1)) return undefined;
  const seq = c1 * c2;
  const half = depth / 2;
  const all = toFloat64(source.read());
  const data = new Float64Array(b * seq * half);
  for (let row = 0; row < b * seq; row++) {
    for (let i = 0; i < half; i++) {
      const [left, right] = [all[row * depth + i], all[row * depth + half + i]];
      if (left === undefined || left !== right) return undefined;
      data[row * half + i] = left;
    }
  }
  const shared = areRowsEqual(data, b) ? 1 : b;
  return {
    headsAxis: isHeadsFirst ? 1 : 2,
    batch: shared,
    seq,
    half,
    dtype: source.dtype,
    data: data.subarray(0, shared * seq * half),
  };
}

function areRowsEqual(data: Float64Array, rows: number): boolean {
  const width = data.length / rows;
  return data.every((element, i) => element === data[i % width]);
}

function cacheOf(rewriter: Rewriter, name: string, angles: Angles, batch: number): ValueId {
  const { seq, half, data } = angles;
  const dtype = angles.dtype === "f64" || angles.dtype === "f16" || angles.dtype === "bf16" ? angles.dtype : "f32";
  const repeated =
    angles.batch === batch
      ? data.slice()
      : Float64Array.from({ length: batch * data.length }, (_, i) => data[i % data.length] ?? 0);
  return rewriter.constant(name, fromFloat64(dtype, [batch, seq, half], repeated));
}

function emitOn3d(
  rewriter: Rewriter,
  x: ValueId,
  shape: readonly number[],
  headsAxis: 1 | 2,
  caches: readonly ValueId[],
  covers: readonly Op[],
): ValueId | undefined {
  const [batch = 1, d1 = 1, d2 = 1, depth = 1] = shape;
  const [heads, seq] = headsAxis === 1 ? [d1, d2] : [d2, d1];
  const trace = traceView(rewriter, x);
  const [b = [], first = [], second = [], d = []] = trace?.view.result ?? [];
  if (trace === undefined) return undefined;
  const [h, s] = headsAxis === 1 ? [first, second] : [second, first];
  const operand = emitView(rewriter, trace.source, regroupView(trace.view, [b, s, [...h, ...d]]), covers);
  const attrs = attrsOf({ num_heads: attr.int(heads), interleaved: attr.int(0) });
  const rotated = rewriter.emit("RotaryEmbedding", [operand, ...caches], { attrs, covers });
  const flat = identityView([batch, seq, heads * depth]);
  const split = flat === undefined ? undefined : reshapeView(flat, [batch, seq, heads, depth]);
  if (split === undefined) return undefined;
  return emitView(rewriter, rotated, headsAxis === 1 ? transposeView(split, [0, 2, 1, 3]) : split, covers);
}
