// Rotary position embedding becomes RotaryEmbedding (opset 23) on 3-D x [batch, rows, heads * depth] with num_heads, caches
// [batch or 1, rows, rotary depth / 2] and no position ids. What is recognised is the map itself, not how it is spelled: each
// element of y is cos * x[j] - sin * x[partner of j] (or + for the second of the two), the partner being half the rotated
// columns away or the neighbour, and columns beyond the rotated ones are x. cos and sin may be constants, gathered by positions, or
// computed at run time; both columns of a pair must be equal by their values or by how they are made.
// The RotaryEmbedding op is brought to the same form. Leaves out rotations whose result is permuted.
// Definition: https://onnx.ai/onnx/operators/onnx__RotaryEmbedding.html.
import type { Graph, Op, ValueId } from "@waferc/ir/graph";
import { tensorOf } from "@waferc/numerics";
import type { NoOptions, Pass } from "../pass.ts";
import { Columns } from "./columns.ts";
import { formsOfResults, identityForm, type LinearForm } from "./linear-columns.ts";
import { Rewriter } from "./rewriter.ts";
import { emitRotary, matchRotation, type Rotation } from "./rotary-form.ts";
import { rewriteRotaryOp } from "./rotary-op.ts";
import { isViewOp } from "./view-chain.ts";

/** Heads are not deeper. */
const MAX_DEPTH = 1024;

/** Ops that take the parts of a pair. */
const TAKING = new Set(["Gather", "Slice", "Split"]);

/** A rotation takes fewer ops. */
const MAX_OPS = 64;

export const recognizeRotary: Pass<"graph", "graph", NoOptions> = {
  name: "recognize-rotary",
  from: "graph",
  to: "graph",
  summary: "Recognise RotaryEmbedding and bring it to 3-D operands",
  requires: ["shapes-known", "constants-folded"],
  establishes: [],
  options: {},
  run(input, _options, { stats }) {
    const first = rewriteAll(input, this.name);
    const second = rewriteAll(splitReshapes(first.graph, this.name), this.name);
    if (first.count + second.count > 0) stats.add("RotaryEmbedding", first.count + second.count);
    // Cut reshapes are for recognition only.
    return second.count > 0 ? second.graph : first.graph;
  },
};

function rewriteAll(input: Graph, name: string): { readonly graph: Graph; readonly count: number } {
  const rewriter = new Rewriter(input, name);
  const search = { rewriter, columns: new Columns(rewriter), flat: new Map<string, ValueId>() };
  let count = 0;
  for (const x of rewriter.graph.inputs) count += rewriteFrom(search, x);
  for (const op of rewriter.graph.ops) {
    if (op.domain === "" && op.kind === "RotaryEmbedding") {
      if (rewriteRotaryOp(rewriter, op)) count += 1;
      continue;
    }
    for (const x of op.results) if (x !== undefined) count += rewriteFrom(search, x);
  }
  return { graph: rewriter.finish(), count };
}

/**
 * Views that cut the last axis in pairs or halves, which are then taken apart, in two steps of which the second only cuts:
 * simplified views cut x and move its heads in one, maybe beside another view that moves its heads only.
 */
function splitReshapes(input: Graph, name: string): Graph {
  const rewriter = new Rewriter(input, name);
  const made = new Map<string, ValueId>();
  const reshaped = (source: ValueId, shape: readonly number[], op: Op): ValueId => {
    const key = `${source} ${shape.join()}`;
    const target = rewriter.constant("shape", tensorOf("i64", [shape.length], shape));
    const value = made.get(key) ?? rewriter.emit("Reshape", [source, target], { covers: [op] });
    made.set(key, value);
    return value;
  };
  const views = rewriter.graph.ops.filter(isViewOp);
  for (const { kind, operands, results } of views) {
    const [[source], [result]] = [operands, results];
    const shape = rewriter.shapeOf(result);
    if (kind === "Reshape" && source !== undefined && result !== undefined)
      made.set(`${source} ${shape?.join()}`, result);
  }
  for (const op of views) {
    const [result] = op.results;
    const shape = rewriter.shapeOf(result) ?? [];
    const [a = 1, b = 1] = shape.slice(-2);
    const whole = [...shape.slice(0, -2), a * b];
    const source = op.kind === "Reshape" ? op.operands[0] : result;
    if (source === undefined || result === undefined || shape.length < 3 || (a !== 2 && b !== 2)) continue;
    const takers = rewriter.graph
      .users(result)
      .filter(({ kind, operands }) => TAKING.has(kind) && operands[0] === result);
    if (takers.length === 0 || rewriter.shapeOf(source)?.join() === whole.join()) continue;
    const cut = reshaped(reshaped(source, whole, op), shape, op);
    for (const taker of takers) rewriter.graph.setOperand(taker.id, 0, cut);
  }
  return rewriter.finish();
}

interface Search {
  readonly rewriter: Rewriter;
  readonly columns: Columns;
  readonly flat: Map<string, ValueId>;
}

/** Rewrites every rotation of x whose angles are one row for each position, and says how many there were. */
function rewriteFrom(search: Search, x: ValueId): number {
  const { rewriter, columns } = search;
  const shape = rewriter.shapeOf(x);
  const depth = shape?.at(-1) ?? 0;
  if (shape === undefined || shape.length < 2 || depth < 2 || depth > MAX_DEPTH || !rewriter.graph.hasUses(x)) return 0;
  let count = 0;
  for (const { y, rotation, covers } of findRotations(search, x, shape)) {
    const site = { rotation, shape: rewriter.shapeOf(y) ?? [], rank: shape.length - 1 };
    const made = emitRotary(rewriter, columns, x, site, covers);
    if (made !== undefined && rewriter.replace(y, made)) count += 1;
  }
  return count;
}

interface Found {
  readonly y: ValueId;
  readonly rotation: Rotation;
  readonly covers: readonly Op[];
}

/** Follows x through ops that keep it linear, up to rotations of all of x. */
function findRotations({ rewriter, columns, flat }: Search, x: ValueId, shape: readonly number[]): Found[] {
  const { graph } = rewriter;
  const ctx = { rewriter, lead: shape.slice(0, -1), flat };
  const depth = shape.at(-1) ?? 0;
  const forms = new Map<ValueId, LinearForm>([[x, identityForm(depth)]]);
  const parents = new Map<ValueId, Op>();
  const found: Found[] = [];
  const queue = [x];
  for (let next = queue.shift(); next !== undefined && forms.size < MAX_OPS; next = queue.shift()) {
    for (const op of graph.users(next)) {
      const results = formsOfResults(ctx, op, (id) => (id === undefined ? undefined : forms.get(id)));
      for (const [i, form] of results.entries()) {
        const y = op.results[i];
        if (y === undefined || form === undefined || forms.has(y) || form.entries.length > 2 * MAX_DEPTH) continue;
        forms.set(y, form);
        parents.set(y, op);
        const isWhole = form.entries.length === depth && rewriter.dtypeOf(y) === rewriter.dtypeOf(x);
        const rotation = isWhole && graph.hasUses(y) ? matchRotation(columns, form) : undefined;
        if (rotation === undefined) queue.push(y);
        else found.push({ y, rotation, covers: coversOf(parents, y, x) });
      }
    }
  }
  return found;
}

/** Ops between x and y, y's first. */
function coversOf(parents: ReadonlyMap<ValueId, Op>, y: ValueId, x: ValueId): Op[] {
  const covers = new Set<Op>();
  const stack = [y];
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    const op = id === x ? undefined : parents.get(id);
    if (op === undefined || covers.has(op)) continue;
    covers.add(op);
    stack.push(...op.operands.filter((operand) => operand !== undefined));
  }
  return [...covers];
}
