// What is in an ONNX file: versions, inputs and outputs, weights, operators and which of them waferc does not know. Once the dimensions are
// bound (by the file itself, or by --dim and --shapes-from), also the arithmetic of each operator, and what canonicalisation makes of the graph.
import { CompileError, DiagnosticSink, Rng, type Diagnostic } from "@waferc/base";
import { bindDims, canonicalizePasses, inferShapes, modelDims, pinInputs, runPasses } from "@waferc/compiler";
import { isStaticShape, qualifiedKind, valueOf, type Graph, type Op, type ValueId } from "@waferc/ir/graph";
import { readModelSummary, type ModelSummary, type OperatorCount } from "@waferc/onnx";
import { findOp, flopsOf, macsOf } from "@waferc/ops";
import { EXIT } from "./exit.ts";
import { formatBytes, formatCount, renderTable } from "./render.ts";
import type { VerbContext, VerbResult } from "./verb.ts";
import { readUserFile } from "../data/files.ts";
import { inputSpecs, outputSpecs, printSpec, type TensorSpec } from "../data/tensor-spec.ts";
import { bindRequest, type Bindings } from "../pipelines/begin.ts";
import { loadModel, type LoadedModel } from "../pipelines/load-model.ts";

/** One operator of a graph with all dimensions bound. */
interface OpCost {
  readonly op: string;
  readonly count: number;
  /** Multiply-accumulates. */
  readonly macs: number;
  /** Two for each multiply-accumulate, one for an element of anything else. */
  readonly flops: number;
}

interface Costs {
  readonly file: readonly OpCost[];
  readonly canonical: readonly OpCost[];
}

type Styles = VerbContext["styles"];

export function inspectModel(path: string, bindings: Bindings, { styles, note }: VerbContext): VerbResult {
  const bytes = readUserFile(path, "MODEL");
  const summary = readModelSummary(bytes);
  const unsupported = summary.operators.filter((operator) => !isKnown(operator, summary));
  let model: LoadedModel;
  try {
    model = loadModel(path, bytes);
  } catch (error) {
    const isOnlyUnknown = error instanceof CompileError && unsupported.length > 0;
    if (!isOnlyUnknown) throw error;
    return describeRefused(path, summary, unsupported, error.diagnostics, styles);
  }
  const { graph } = model;
  const costs = costsOf(graph, bindings, note);
  const dims = modelDims(graph).map(({ name }) => name);
  const weightBytes = [...graph.constants.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  const text = [
    headLine(model.name, summary, styles),
    ...specLines("input", inputSpecs(graph)),
    ...specLines("output", outputSpecs(graph)),
    `weights  ${formatBytes(weightBytes)} in ${formatCount(graph.constants.size)} constants`,
    ...operatorLines(summary, unsupported, styles),
    ...costLines(costs, styles),
    `compile it with  waferc compile ${path} --machine mesh32x32${bindFlags(dims)} -o build/${model.name}`,
  ];
  return {
    exitCode: EXIT.good,
    diagnostics: model.warnings,
    text: `${text.join("\n")}\n`,
    json: {
      model: modelRecord(model.name, summary),
      inputs: inputSpecs(graph),
      outputs: outputSpecs(graph),
      dims,
      weights: { constants: graph.constants.size, bytes: weightBytes },
      ops: operatorRecords(summary, unsupported),
      costs: costs ?? null,
    },
  };
}

/** Functions of the model's own are operators too. */
function isKnown({ domain, kind }: OperatorCount, summary: ModelSummary): boolean {
  return summary.functions > 0 || findOp(domain, kind, summary.opsets.get(domain) ?? 1) !== undefined;
}

/** A model that cannot be imported, because waferc does not know all of its operators: what it holds all the same. */
function describeRefused(
  path: string,
  summary: ModelSummary,
  unsupported: readonly OperatorCount[],
  diagnostics: readonly Diagnostic[],
  styles: Styles,
): VerbResult {
  const text = [headLine(path, summary, styles), ...operatorLines(summary, unsupported, styles)];
  return {
    exitCode: EXIT.unsupported,
    diagnostics,
    text: `${text.join("\n")}\n`,
    json: { model: modelRecord(path, summary), ops: operatorRecords(summary, unsupported) },
  };
}

function modelRecord(name: string, { operators: _, ...summary }: ModelSummary): Record<string, unknown> {
  return {
    name,
    ...summary,
    opsets: Object.fromEntries(summary.opsets),
    metadata: Object.fromEntries(summary.metadata),
  };
}

function operatorRecords({ operators }: ModelSummary, unsupported: readonly OperatorCount[]): unknown[] {
  return operators.map((operator) => ({
    op: qualifiedKind(operator),
    count: operator.count,
    supported: !unsupported.includes(operator),
  }));
}

function headLine(name: string, { irVersion, opsets, producer }: ModelSummary, styles: Styles): string {
  const versions = [...opsets].map(([domain, version]) => `${domain === "" ? "ai.onnx" : domain} ${version}`);
  return `${styles.strong(name)}  IR ${irVersion}, ${versions.join(", ")}${producer ? `, by ${producer}` : ""}`;
}

function specLines(label: string, specs: readonly TensorSpec[]): string[] {
  return specs.map((spec) => `${label}  ${spec.name}: ${printSpec(spec)}`);
}

function operatorLines(
  { operators, functions }: ModelSummary,
  unsupported: readonly OperatorCount[],
  styles: Styles,
): string[] {
  const total = operators.reduce((sum, { count }) => sum + count, 0);
  const rows = operators.map((operator) => [
    `  ${operator.count}`,
    qualifiedKind(operator),
    unsupported.includes(operator) ? styles.bad("unsupported") : "",
  ]);
  const local = functions === 0 ? "" : `, and ${functions} functions of the model's own`;
  return [`operators  ${formatCount(total)}${local}`, renderTable(rows, ["right"]).trimEnd()];
}

function bindFlags(dims: readonly string[]): string {
  return dims.map((name) => ` --dim ${/^[\w.]+$/.test(name) ? name : `'${name}'`}=N`).join("");
}

/** Undefined while a dimension is open and nothing binds it. */
function costsOf(graph: Graph, bindings: Bindings, note: (text: string) => void): Costs | undefined {
  const { dims, pins, notes } = bindRequest(bindings, () => graph);
  for (const text of notes) note(text);
  if (dims.size === 0 && modelDims(graph).length > 0) return undefined;
  const diag = new DiagnosticSink();
  const ctx = { diag, rng: new Rng(1), stats: { add: () => undefined } };
  const bound = bindDims.run(graph, { dims, mustBindAll: true }, ctx);
  const pinned = pinInputs.run(bound, { pins }, ctx);
  const typed = inferShapes.run(pinned, {}, ctx);
  return { file: costByOp(typed), canonical: costByOp(runPasses(pinned, canonicalizePasses, ctx)) };
}

/** Ops of the main block by kind, dearest first. What has no static type, as inside of control flow, counts nothing. */
function costByOp(graph: Graph): OpCost[] {
  const costs = new Map<string, OpCost>();
  for (const op of graph.ops) {
    const name = qualifiedKind(op);
    const before = costs.get(name) ?? { op: name, count: 0, macs: 0, flops: 0 };
    const { macs, flops } = costOf(graph, op);
    costs.set(name, { op: name, count: before.count + 1, macs: before.macs + macs, flops: before.flops + flops });
  }
  return [...costs.values()].sort((a, b) => b.flops - a.flops || b.count - a.count || (a.op < b.op ? -1 : 1));
}

function costOf(graph: Graph, op: Op): { macs: number; flops: number } {
  const typesOf = (ids: readonly (ValueId | undefined)[]) =>
    ids.map((id) => {
      if (id === undefined) return undefined;
      const { dtype, shape } = valueOf(graph, id);
      return dtype === undefined || shape === undefined || !isStaticShape(shape) ? undefined : { dtype, shape };
    });
  const [operands, results] = [typesOf(op.operands), typesOf(op.results)];
  const isTyped = operands.every((type, i) => type !== undefined || op.operands[i] === undefined);
  return isTyped
    ? { macs: macsOf(op, operands, results), flops: flopsOf(op, operands, results) }
    : { macs: 0, flops: 0 };
}

function costLines(costs: Costs | undefined, styles: Styles): string[] {
  if (costs === undefined)
    return [styles.faint("arithmetic and canonical form: bind the dimensions with --dim or --shapes-from")];
  const total = costs.file.reduce((sum, { flops }) => sum + flops, 0);
  return [
    `arithmetic  ${formatFlops(total)}, by operator of the file`,
    costTable(costs.file.filter(({ flops }) => flops > 0)),
    "canonical form",
    costTable(costs.canonical),
  ];
}

function costTable(costs: readonly OpCost[]): string {
  const total = costs.reduce((sum, { flops }) => sum + flops, 0);
  const rows = costs.map(({ op, count, flops }) => [
    `  ${count}`,
    op,
    flops === 0 ? "" : formatFlops(flops),
    flops === 0 ? "" : `${((100 * flops) / total).toFixed(1)} %`,
  ]);
  return renderTable(rows, ["right", "left", "right", "right"]).trimEnd();
}

function formatFlops(flops: number): string {
  const units = ["FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP"];
  let [value, unit] = [flops, 0];
  while (value >= 1000 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return unit === 0 ? `${flops} FLOP` : `${value.toFixed(2)} ${units[unit]}`;
}
