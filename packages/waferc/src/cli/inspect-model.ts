// What is in an ONNX file: versions, inputs and outputs, operators, weights; which operators waferc does not know; and, once the
// dimensions are bound, what canonicalisation makes of it.
import { modelDims } from "@waferc/compiler";
import { allOps, qualifiedKind, type Graph } from "@waferc/ir/graph";
import { readModelSummary } from "@waferc/onnx";
import { findOp } from "@waferc/ops";
import { EXIT } from "./exit.ts";
import { formatBytes, formatCount, renderTable } from "./render.ts";
import type { VerbContext, VerbResult } from "./verb.ts";
import { inputSpecs, outputSpecs, printSpec, type TensorSpec } from "../data/tensor-spec.ts";
import { loadModel } from "../pipelines/load-model.ts";

interface OpCount {
  readonly op: string;
  readonly count: number;
  readonly supported: boolean;
}

export function inspectModel(path: string, { styles }: VerbContext): VerbResult {
  const model = loadModel(path);
  const summary = readModelSummary(model.bytes);
  const { graph } = model;
  const [inputs, outputs] = [inputSpecs(graph), outputSpecs(graph)];
  const ops = countOps(graph);
  const weightBytes = [...graph.constants.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  const dims = modelDims(graph).map(({ name }) => name);
  const opsets = [...summary.opsets].map(([domain, version]) => `${domain === "" ? "ai.onnx" : domain} ${version}`);
  const bind = dims.map((name) => ` --dim ${/^[\w.]+$/.test(name) ? name : `'${name}'`}=N`).join("");
  const text = [
    `${styles.strong(model.name)}  IR ${summary.irVersion}, ${opsets.join(", ")}${summary.producer ? `, by ${summary.producer}` : ""}`,
    ...specLines("input", inputs),
    ...specLines("output", outputs),
    `weights  ${formatBytes(weightBytes)} in ${formatCount(graph.constants.size)} constants`,
    `operators  ${formatCount(ops.reduce((sum, { count }) => sum + count, 0))}`,
    renderTable(
      ops.map(({ op, count, supported }) => [`  ${count}`, op, supported ? "" : styles.bad("unsupported")]),
      ["right"],
    ).trimEnd(),
    `compile it with  waferc compile ${path} --machine mesh32x32${bind} -o build/${model.name}`,
  ];
  return {
    exitCode: EXIT.good,
    diagnostics: model.warnings,
    text: `${text.join("\n")}\n`,
    json: {
      model: { name: model.name, sha256: model.sha256, ...summary, opsets: Object.fromEntries(summary.opsets) },
      inputs,
      outputs,
      dims,
      weights: { constants: graph.constants.size, bytes: weightBytes },
      ops,
    },
  };
}

function specLines(label: string, specs: readonly TensorSpec[]): string[] {
  return specs.map((spec) => `${label}  ${spec.name}: ${printSpec(spec)}`);
}

function countOps(graph: Graph): OpCount[] {
  const counts = new Map<string, OpCount>();
  for (const op of allOps(graph.ops)) {
    const kind = qualifiedKind(op);
    const supported = findOp(op.domain, op.kind, op.version) !== undefined;
    const before = counts.get(kind);
    counts.set(kind, {
      op: kind,
      count: (before?.count ?? 0) + 1,
      supported: supported && (before?.supported ?? true),
    });
  }
  return [...counts.values()].sort((a, b) => b.count - a.count || (a.op < b.op ? -1 : 1));
}
