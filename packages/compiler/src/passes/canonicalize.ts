// The canonicalisation pipeline as a plain list: which pass runs when, and why there. The driver supplies options for
// `bind-dims` and `pin-inputs` and the defaults for the rest.
import type { Graph } from "@waferc/ir/graph";
import { CountedStats, defaultOptions, type Pass, type PassContext } from "../pass.ts";
import { absorbMasks } from "./absorb-masks.ts";
import { eliminateCommonSubexpressions } from "./eliminate-common-subexpressions.ts";
import { eliminateDeadCode } from "./eliminate-dead-code.ts";
import { expandGemm } from "./expand-gemm.ts";
import { foldConstants } from "./fold-constants.ts";
import { inferShapes } from "./infer-shapes.ts";
import { recognizeActivations } from "./recognize-activations.ts";
import { recognizeAttention } from "./recognize-attention.ts";
import { recognizeNorms } from "./recognize-norms.ts";
import { recognizeRotary } from "./recognize-rotary.ts";
import { removeIdentities } from "./remove-identities.ts";
import { simplifyViews } from "./simplify-views.ts";
import { sinkReshapes } from "./sink-reshapes.ts";
import { upgradeOps } from "./upgrade-ops.ts";

/** A pass of a pipeline, with options of any shape, and the reason for its place. */
export interface PipelineEntry {
  readonly name: string;
  readonly reason: string;
  readonly pass: GraphPass;
}

/** A graph pass with its options closed over. */
export interface GraphPass {
  readonly name: string;
  readonly summary: string;
  run(graph: Graph, ctx: PassContext): Graph;
}

function entry<Opts>(pass: Pass<"graph", "graph", Opts>, reason: string): PipelineEntry {
  const options = defaultOptions(pass.options);
  return { name: pass.name, reason, pass: { name: pass.name, summary: pass.summary, run: (graph, ctx) => pass.run(graph, options, ctx) } };
}

/** After dims are bound and inputs pinned. */
export const canonicalizePasses: readonly PipelineEntry[] = [
  // Shapes and constants
  entry(inferShapes, "everything after it asks for shapes; bound dims make all of them static"),
  entry(upgradeOps, "one version of each op, whatever the opset of the export"),
  entry(foldConstants, "shape arithmetic, position tables and masks of bound dims become constants"),
  entry(removeIdentities, "Identity, Cast and Dropout stand between the ops of every pattern"),
  entry(expandGemm, "one form of matrix product for recognition and lowering"),
  entry(foldConstants, "transposed and scaled weights of Gemm, and what identities hid"),
  entry(sinkReshapes, "the reshapes around Gemm meet and can cancel"),
  entry(eliminateCommonSubexpressions, "patterns bind a value once, exporters compute it twice"),
  entry(simplifyViews, "fewer and uniform view ops around what is to be recognised"),

  // Compound ops, small before large
  entry(recognizeNorms, "their means and roots are in no other pattern"),
  entry(recognizeActivations, "GELU's factors must be seen before other passes regroup products"),
  entry(recognizeRotary, "attention's operands then are 3-D again but for views"),
  entry(recognizeAttention, "absorbs views, scales and masks"),

  // What recognition left
  entry(foldConstants, "masks that recognition rewrote"),
  entry(absorbMasks, "constant masks are known now"),
  entry(simplifyViews, "head splits and merges of neighbours cancel"),
  entry(eliminateCommonSubexpressions, "rotary tables and masks of the layers are equal"),
  entry(eliminateDeadCode, "constants of what was replaced"),
];

/** Runs the list in order. */
export function runPasses(graph: Graph, passes: readonly PipelineEntry[], ctx: Omit<PassContext, "stats">): Graph {
  return passes.reduce((current, { pass }) => pass.run(current, { ...ctx, stats: new CountedStats() }), graph);
}

