// What becomes of one exporter's case behind the graph passes: compiled, checked and run on the mesh, or refused and why. Outputs are compared with the case's golden
// data. The first data set decides; shapes are its own.
import { checkProgram } from "@waferc/check";
import { CompileError } from "@waferc/base";
import type { Diagnostic } from "@waferc/base";
import type { HostOp, Partition } from "@waferc/compiler";
import { qualifiedKind, valueOf } from "@waferc/ir/graph";
import type { Graph } from "@waferc/ir/graph";
import { verifyProgram } from "@waferc/ir/program";
import type { TensorData } from "@waferc/ir/program";
import type { Machine } from "@waferc/machine";
import { compareTensors } from "@waferc/numerics";
import type { Tensor, Tolerance } from "@waferc/numerics";
import { decodeTensorProto } from "@waferc/onnx";
import { evaluateGraph, findOp } from "@waferc/ops";
import { simulateCycle, simulateFast } from "@waferc/sim";
import { canonicalizeCase } from "../dialects/judge-case.ts";
import type { CanonicalRun } from "../dialects/judge-case.ts";
import type { DialectCase } from "../dialects/dialect-cases.ts";
import { compileCanonical, meshInputs, modelOutputs } from "./compile-graph.ts";
import type { CompiledGraph } from "./compile-graph.ts";

/** Why a case is not a program: the diagnostic's code, the ONNX op and node that it starts with, and what is missing. */
export interface Refusal {
  readonly code: string;
  readonly node: string;
  readonly reason: string;
}

export interface CompiledCase {
  readonly cores: number;
  /** Bytes of code and data on the fullest core. */
  readonly sramPeak: number;
  readonly cycles: number;
  readonly macShare: number;
  /** Largest error as a share of what the case allows; against the reference evaluator's outputs where the file's own are not the golden ones. */
  readonly errorUse: number;
  /** Whether the reference evaluator, on the file as it is, misses the golden outputs too: then they are not this file's. */
  readonly isGoldenForeign: boolean;
  /** Ops on the host that compute with floats: there should be none. */
  readonly floatOps: readonly HostOp[];
  readonly hostOps: readonly HostOp[];
  /** What is wrong with the program or its outputs. */
  readonly failures: readonly string[];
}

export interface CaseOutcome {
  readonly name: string;
  readonly exporter: string;
  /** Reasons that the mesh cannot run it, the one that blocks most ops first; empty if compiled. */
  readonly refusals: readonly Refusal[];
  readonly compiled?: CompiledCase;
}

export interface CaseOptions {
  /** Whether the cycle engine runs too, and must give the same bits. */
  readonly withCycle: boolean;
}

export function compileCase(one: DialectCase, machine: Machine, options: CaseOptions): CaseOutcome {
  const { name, exporter } = one;
  try {
    const run = canonicalizeCase(one, 0);
    const compiled = compileCanonical(run.graph, machine);
    return { name, exporter, refusals: [], compiled: judge(one, compiled, run, options) };
  } catch (error) {
    if (!(error instanceof CompileError)) throw new Error(`${name}: ${String(error)}`, { cause: error });
    return { name, exporter, refusals: rank(error.diagnostics.map(toRefusal)) };
  }
}

/** The cause of a diagnostic: where another op keeps this one from the mesh, that op. */
function toRefusal({ code, message, at, notes = [] }: Diagnostic): Refusal {
  const cause = code === "PAR-001" ? notes.find((note) => note.at !== undefined) : undefined;
  const place = cause?.at ?? at;
  const node = place?.kind === "onnx" ? (place.node ?? "") : "";
  return { code, node, reason: (cause?.message ?? message).replaceAll(/\s+/g, " ") };
}

/** One entry a reason, most frequent first. */
function rank(refusals: readonly Refusal[]): Refusal[] {
  const byReason = new Map<string, Refusal[]>();
  for (const refusal of refusals) {
    const key = `${refusal.code} ${refusal.reason}`;
    byReason.set(key, [...(byReason.get(key) ?? []), refusal]);
  }
  return [...byReason.values()].sort((a, b) => b.length - a.length).flatMap((same) => same.slice(0, 1));
}

function judge(
  one: DialectCase,
  compiled: CompiledGraph,
  { imported, inputs }: CanonicalRun,
  { withCycle }: CaseOptions,
): CompiledCase {
  const { program, machine, weights, dataflow, memory, partition, meshMacShare: macShare } = compiled;
  const failures = verifyProgram(program).map(({ code, message }) => `${code} ${message}`);
  const { verdict, findings } = checkProgram(program, machine);
  if (verdict !== "legal") failures.push(`${verdict}: ${findings.map(({ code, message }) => `${code} ${message}`)[0]}`);
  const streams = meshInputs(compiled, inputs);
  const run = simulateFast(program, machine, weights, { inputs: streams, criticalPath: false });
  if (withCycle) failures.push(...compareCycle(compiled, streams, run));
  const outputs = modelOutputs(compiled, inputs, run.outputs);
  const golden = (index: number) => goldenOutput(one, index);
  const own = [...evaluateGraph(imported, inputs).values()];
  const isGoldenForeign = own.some((tensor, i) => !compareTensors(tensor, golden(i) ?? tensor, one.tolerance).pass);
  const expected = isGoldenForeign ? (index: number) => own[index] : golden;
  const errors = outputErrors(one, compiled.graph, outputs, expected);
  return {
    cores: dataflow.groups.reduce((sum, { width, height }) => sum + width * height, 0),
    sramPeak: Math.max(...memory.map(({ codeBytes, dataBytes }) => codeBytes + dataBytes)),
    cycles: run.cycles,
    macShare,
    isGoldenForeign,
    errorUse: Math.max(0, ...errors.map(({ use }) => use)),
    floatOps: floatOpsOf(partition),
    hostOps: partition.hostOps,
    failures: [...failures, ...errors.flatMap(({ failure }) => failure ?? [])],
  };
}

type Streams = ReadonlyMap<string, TensorData>;

function compareCycle(
  { program, machine, weights }: CompiledGraph,
  inputs: Streams,
  fast: { readonly outputs: Streams; readonly cycles: number },
): string[] {
  const cycle = simulateCycle(program, machine, weights, { inputs });
  const failures: string[] = [];
  if (cycle.contentionEvents === 0 && cycle.cycles !== fast.cycles) {
    failures.push(`cycle takes ${cycle.cycles} cycles, fast ${fast.cycles}`);
  }
  for (const [name, data] of cycle.outputs) {
    const other = fast.outputs.get(name);
    if (other === undefined || Buffer.compare(Buffer.from(data.buffer), Buffer.from(other.buffer)) !== 0) {
      failures.push(`stream "${name}" of cycle differs from that of fast`);
    }
  }
  return failures;
}

interface OutputError {
  readonly use: number;
  readonly failure?: string;
}

function goldenOutput(one: DialectCase, index: number): Tensor | undefined {
  const bytes = one.dataSets[0]?.outputs[index];
  return bytes === undefined ? undefined : decodeTensorProto(bytes).tensor;
}

function outputErrors(
  one: DialectCase,
  graph: Graph,
  outputs: ReadonlyMap<string, Tensor>,
  expectedOf: (index: number) => Tensor | undefined,
): OutputError[] {
  return graph.outputs.map(({ name }, index): OutputError => {
    const [actual, expected] = [outputs.get(name), expectedOf(index)];
    if (actual === undefined || expected === undefined)
      return { use: Infinity, failure: `output "${name}" is missing` };
    const { pass, mismatch, failures, maxAbs } = compareTensors(actual, expected, one.tolerance);
    const use = mismatch === undefined ? useOf(actual, expected, one.tolerance) : Infinity;
    if (pass) return { use };
    const what = mismatch === undefined ? `${failures} elements, by up to ${maxAbs.toExponential(1)}` : mismatch;
    return { use, failure: `output "${name}" differs in ${what}` };
  });
}

/** Largest error as a share of what is allowed; 0 where nothing but equality is. */
function useOf(actual: Tensor, expected: Tensor, { rtol, atol, peakTol = 0 }: Tolerance): number {
  if (actual.dtype !== "f32" || expected.dtype !== "f32") return 0;
  const peak = expected.data.reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 0);
  return actual.data.reduce((worst, x, i) => {
    const wanted = expected.data[i] ?? NaN;
    if (!Number.isFinite(x) || !Number.isFinite(wanted)) return worst;
    return Math.max(worst, Math.abs(x - wanted) / (atol + rtol * Math.abs(wanted) + peakTol * peak));
  }, 0);
}

/** Host ops that compute floats: sums, products, functions. Movement, conversion and lookup are no such ops. */
function floatOpsOf({ pre, post, hostOps }: Partition): HostOp[] {
  const nodes = new Set<string>();
  for (const graph of [pre, post]) {
    const made = new Set(graph.inputs);
    for (const op of graph.ops) {
      if (!op.operands.some((id) => id !== undefined && made.has(id))) continue;
      for (const id of op.results) if (id !== undefined) made.add(id);
      const traits = findOp(op.domain, op.kind, op.version)?.definition.traits ?? [];
      const isFloat = [...op.results].some((id) => id !== undefined && valueOf(graph, id).dtype === "f32");
      const isPlain = traits.includes("movement") || traits.includes("metadata") || PLAIN.has(op.kind);
      if (isFloat && !isPlain) nodes.add(`${qualifiedKind(op)} ${op.loc[0] ?? ""}`);
    }
  }
  return hostOps.filter(({ op, node }) => nodes.has(`${op} ${node}`));
}

/** Ops that make floats without arithmetic on floats: conversion, and choice by rank. */
const PLAIN = new Set(["Cast", "TopK"]);
