// The RotaryEmbedding op of opset 23 in canonical form: 3-D x, caches gathered by the positions.
import { attr, attrsOf, intAttr, type Op, type ValueId } from "@waferc/ir/graph";
import type { Rewriter } from "./rewriter.ts";
import { emitView, traceView } from "./view-chain.ts";
import { regroupView, type View } from "./view.ts";

/** Rewrites the op; false if it is canonical already or its shapes are not known. */
export function rewriteRotaryOp(rewriter: Rewriter, op: Op): boolean {
  const [x, cos, sin, positions] = op.operands;
  const [result] = op.results;
  const shape = rewriter.shapeOf(x);
  if (x === undefined || cos === undefined || sin === undefined || result === undefined || shape === undefined)
    return false;
  if (shape.length === 3 && positions === undefined) return false;
  const at = (cache: ValueId): ValueId =>
    positions === undefined ? cache : rewriter.emit("Gather", [cache, positions], { covers: [op] });
  const caches = [at(cos), at(sin)];
  const isSplit = shape.length === 4;
  const heads = isSplit ? (shape[1] ?? 1) : intAttr(op, "num_heads", 1);
  const depth = isSplit ? (shape[3] ?? 1) : (shape[2] ?? 1) / heads;
  const rotaryDim = intAttr(op, "rotary_embedding_dim", 0);
  const attrs = attrsOf({
    num_heads: attr.int(heads),
    interleaved: attr.int(intAttr(op, "interleaved", 0)),
    ...(rotaryDim === 0 || rotaryDim === depth ? {} : { rotary_embedding_dim: attr.int(rotaryDim) }),
  });
  if (!isSplit) {
    return rewriter.replace(result, rewriter.emit("RotaryEmbedding", [x, ...caches], { attrs, covers: [op] }));
  }
  const trace = traceView(rewriter, x);
  const [b = [], h = [], s = [], d = []] = trace?.view.result ?? [];
  if (trace === undefined || trace.view.result.flat().some(({ isRepeat }) => isRepeat)) return false;
  const flat = [b, s, [...h, ...d]];
  const operand = emitView(rewriter, trace.source, regroupView(trace.view, flat), [op, ...trace.ops]);
  const rotated = rewriter.emit("RotaryEmbedding", [operand, ...caches], { attrs, covers: [op] });
  const back: View = { source: flat, result: [b, h, s, d] };
  return rewriter.replace(result, emitView(rewriter, rotated, back, [op]));
}
