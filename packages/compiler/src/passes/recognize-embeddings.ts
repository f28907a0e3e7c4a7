// A product of one-hot rows and a table is a Gather of the table's rows. An id outside of the table, whose one-hot row is zeros, is an
// error for Gather: no model means it.
import { attr, attrsOf, intAttr, type Op, type ValueId } from "@waferc/ir/graph";
import { toFloat64 } from "@waferc/numerics";
import type { NoOptions, Pass } from "../pass.ts";
import { Rewriter } from "./rewriter.ts";

export const recognizeEmbeddings: Pass<"graph", "graph", NoOptions> = {
  name: "recognize-embeddings",
  from: "graph",
  to: "graph",
  summary: "Recognise embeddings that are products with one-hot rows",
  requires: ["shapes-known", "constants-folded"],
  establishes: [],
  options: {},
  run(input, _options, { stats }) {
    const rewriter = new Rewriter(input, this.name);
    for (const root of rewriter.graph.ops) if (rewriteProduct(rewriter, root)) stats.add("Gather", 1);
    return rewriter.finish();
  },
};

function rewriteProduct(rewriter: Rewriter, root: Op): boolean {
  const [rows, table] = root.operands;
  const [result] = root.results;
  const shape = rewriter.shapeOf(table);
  if (root.domain !== "" || root.kind !== "MatMul" || result === undefined || table === undefined) return false;
  const found = rows === undefined ? undefined : matchOneHot(rewriter, rows);
  if (found === undefined || shape?.length !== 2 || shape[0] !== found.depth) return false;
  const covers = [...found.ops, root];
  return rewriter.replace(
    result,
    rewriter.emit("Gather", [table, found.ids], { attrs: attrsOf({ axis: attr.int(0) }), covers }),
  );
}

interface OneHot {
  readonly ids: ValueId;
  readonly depth: number;
  readonly ops: readonly Op[];
}

/** OneHot of integers along a last axis, with 1 for the id and 0 elsewhere, perhaps cast. */
function matchOneHot(rewriter: Rewriter, id: ValueId): OneHot | undefined {
  const { graph } = rewriter;
  const last = graph.producer(id);
  const cast = last?.kind === "Cast" && last.domain === "" ? [last] : [];
  const op = cast.length > 0 ? graph.producer(last?.operands[0]) : last;
  const [ids, , values] = op?.operands ?? [];
  const [rank, depth] = [rewriter.shapeOf(id)?.length ?? 0, rewriter.shapeOf(id)?.at(-1)];
  const source = graph.constant(values);
  if (op?.kind !== "OneHot" || op.domain !== "" || ids === undefined || depth === undefined || source === undefined)
    return undefined;
  const axis = intAttr(op, "axis", -1);
  const [off, on] = source.dtype === "string" ? [] : toFloat64(source.read());
  const dtype = rewriter.dtypeOf(ids);
  const isPlain = off === 0 && on === 1 && (axis === -1 || axis === rank - 1) && (dtype === "i64" || dtype === "i32");
  return isPlain ? { ids, depth, ops: [op, ...cast] } : undefined;
}
