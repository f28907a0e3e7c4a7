/** The canonical graph with every op that other ops express expressed by them, if the mesh can run those. */
import { isTensorType, qualifiedKind } from "@waferc/ir/graph";
import type { Graph, Op } from "@waferc/ir/graph";
import { expandConvolution } from "./convolution.ts";
import type { MeshSupport } from "../classify.ts";
import { expandExperts } from "./experts.ts";
import { expandIndexing } from "./indexing.ts";
import { MeshForm } from "./mesh-form.ts";
import { expandQuantization } from "./quantization.ts";
import type { FloatedValues } from "./quantization.ts";

const INDEXING = new Set(["Gather", "GatherElements", "ScatterElements", "ScatterND"]);

/** `support` tells which ops lowering has kernels for as they are. */
export function toMeshForm(graph: Graph, support: MeshSupport): Graph {
  const form = new MeshForm(graph);
  const floated: FloatedValues = new Map();
  const done: Op[] = [];
  for (const canonical of graph.ops) {
    const op = form.graph.op(canonical.id);
    if (op.results.some((id) => id !== undefined && !isTensorType(form.graph.value(id)))) continue;
    const kind = qualifiedKind(op);
    if (kind === "Conv") expandConvolution(form, op);
    else if (kind === "com.microsoft::MoE") expandExperts(form, op);
    else if (INDEXING.has(kind) && support.objectionTo(canonical, graph) !== undefined) expandIndexing(form, op);
    else if (expandQuantization(form, op, floated)) done.push(op);
  }
  // What made integers is needed only where something else reads them.
  for (const op of done.reverse()) {
    if (!form.graph.has(op.id)) continue;
    if (op.results.every((id) => id === undefined || !form.graph.hasUses(id))) form.graph.eraseOp(op.id);
  }
  return form.graph.freeze();
}
