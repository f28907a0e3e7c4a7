// The canonicalisation pipeline as a plain list: which pass runs when, and why there. The driver runs `bind-dims` and
// `pin-inputs` before it, with the user's options; the passes of the list run with their defaults.
import type { Graph } from "@waferc/ir/graph";
import { CountedStats, defaultOptions, type Pass, type PassContext, type PassStats } from "../pass.ts";
import { absorbMasks } from "./absorb-masks.ts";
import { eliminateCommonSubexpressions } from "./eliminate-common-subexpressions.ts";
import { eliminateDeadCode } from "./eliminate-dead-code.ts";
import { expandGemm } from "./expand-gemm.ts";
import { expandOps } from "./expand-ops.ts";
import { foldConstants } from "./fold-constants.ts";
import { inferShapes } from "./infer-shapes.ts";
import { orderOps } from "./order-ops.ts";
import { recognizeActivations } from "./recognize-activations.ts";
import { recognizeAttention } from "./recognize-attention.ts";
import { recognizeEmbeddings } from "./recognize-embeddings.ts";
import { recognizeMoE } from "./recognize-moe.ts";
import { recognizeNorms } from "./recognize-norms.ts";
import { recognizeQuantizedProducts } from "./recognize-quantized-products.ts";
import { recognizeRotary } from "./recognize-rotary.ts";
import { resolveControlFlow } from "./resolve-control-flow.ts";
import { removeExpands } from "./remove-expands.ts";
import { removeIdentities } from "./remove-identities.ts";
import { simplifyViews } from "./simplify-views.ts";
import { sinkReshapes } from "./sink-reshapes.ts";
import { transposeQuantized } from "./transpose-quantized.ts";
import { upgradeOps } from "./upgrade-ops.ts";

/** A graph pass with default options. */
export interface GraphPass extends Pick<
  Pass<"graph", "graph", unknown>,
  "name" | "summary" | "requires" | "establishes"
> {
  run(graph: Graph, ctx: PassContext): Graph;
}

/** A pass in its place in a pipeline, and the reason for the place. */
export interface PipelineEntry {
  readonly pass: GraphPass;
  readonly reason: string;
}

function withDefaults<Opts>(pass: Pass<"graph", "graph", Opts>): GraphPass {
  const { name, summary, requires, establishes } = pass;
  return {
    name,
    summary,
    requires,
    establishes,
    run: (graph, ctx) => pass.run(graph, defaultOptions(pass.options), ctx),
  };
}

function entry<Opts>(pass: Pass<"graph", "graph", Opts>, reason: string): PipelineEntry {
  return { pass: withDefaults(pass), reason };
}

/** From a graph with bound dims to its canonical form. */
export const canonicalizePasses: readonly PipelineEntry[] = [
  // Control flow, shapes and constants
  entry(
    resolveControlFlow,
    "branches that are not taken are dead, whatever their shapes; it infers what it needs itself",
  ),
  entry(inferShapes, "everything after it asks for shapes; bound dims make all of them static"),
  entry(upgradeOps, "one version of each op, whatever the opset of the export"),
  entry(foldConstants, "rules of expansion ask for lengths and masks that follow from shapes"),
  entry(expandOps, "after this, one op means one thing, whoever wrote the file"),
  entry(foldConstants, "shape arithmetic, position tables and masks of bound dims become constants"),
  entry(removeIdentities, "Identity, Cast and Dropout stand between the ops of every pattern"),
  entry(eliminateCommonSubexpressions, "patterns bind a value once, exporters compute it twice"),
  entry(recognizeNorms, "before reshapes move into their formulas; their means and roots are in no other pattern"),
  entry(recognizeActivations, "the same; their products are not yet scales of attention"),
  entry(recognizeEmbeddings, "a table is read by rows, not multiplied"),
  entry(recognizeQuantizedProducts, "products are MatMul from here on, quantised or not"),
  entry(expandGemm, "one form of matrix product for recognition and lowering"),
  entry(transposeQuantized, "Gemm transposes weights, and may do so behind their DequantizeLinear"),
  entry(foldConstants, "transposed and scaled weights of Gemm, and what identities hid"),
  entry(sinkReshapes, "the reshapes around Gemm meet and can cancel"),
  entry(eliminateCommonSubexpressions, "what moved may be equal now"),
  entry(simplifyViews, "fewer and uniform view ops around what is to be recognised"),

  // Compound ops, small before large
  entry(recognizeRotary, "attention's operands then are 3-D again but for views"),
  entry(recognizeAttention, "absorbs views, scales and masks"),
  entry(recognizeMoE, "its activations are single ops now"),

  // What recognition left
  entry(foldConstants, "masks that recognition rewrote"),
  entry(absorbMasks, "constant masks are known now"),
  entry(sinkReshapes, "attention without a batch is flat again behind the op"),
  entry(removeExpands, "what is left of broadcasts that exporters wrote out"),
  entry(simplifyViews, "head splits and merges of neighbours cancel"),
  entry(eliminateCommonSubexpressions, "rotary tables and masks of the layers are equal"),
  entry(eliminateDeadCode, "constants of what was replaced"),
  entry(orderOps, "equal models print equally"),
];

/** Every graph pass that runs without options, once, in the order of first use. */
export const graphPasses: readonly GraphPass[] = [
  ...new Map(canonicalizePasses.map(({ pass }) => [pass.name, pass] as const)).values(),
];

/**
 * Runs a pipeline in order.
 * @throws CompileError as the passes do
 */
export function runPasses(
  graph: Graph,
  pipeline: readonly PipelineEntry[],
  ctx: Omit<PassContext, "stats"> & { readonly stats?: PassStats },
): Graph {
  const { diag, rng, stats = new CountedStats() } = ctx;
  return pipeline.reduce((current, { pass }) => pass.run(current, { diag, rng: rng.fork(pass.name), stats }), graph);
}
