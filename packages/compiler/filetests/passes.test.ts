// Filetests of the graph passes. The command `pass NAME` runs one pass on the file's graph and checks what it made. Always: the
// output is well-formed, a second run changes nothing, and the reference evaluator gives the same outputs before and after on
// random inputs. Headers: `dim: NAME=N` and `pin: INPUT=N` are options, `check: TEXT` must be part of some line of the output,
// `not: TEXT` of none (numbered values read as `%N`), `fails: CODE TEXT` is an expected error; a `precise` block is the output.
import { CompileError, DiagnosticSink, Rng } from "@waferc/base";
import { isStaticShape, parseGraph, printGraph, valueOf, verifyGraph, type Graph } from "@waferc/ir/graph";
import { compareTensors, tensorOf, type Tensor } from "@waferc/numerics";
import { evaluateGraph, opRules } from "@waferc/ops";
import { comparePrecise, FiletestMismatch, runFiletests } from "@waferc/testkit/filetest";
import type { Filetest, FiletestCommand, FiletestLevel } from "@waferc/testkit/filetest";
import { bindDims, CountedStats, graphPasses, pinInputs, type PassContext } from "../src/index.ts";

const TOLERANCE = { rtol: 1e-5, atol: 1e-6 };

const passCommand: FiletestCommand = {
  name: "pass",
  run(context) {
    const { test, invocation, level } = context;
    const graph = level.parse(test.text, test.file).noun as Graph;
    const run = passNamed(invocation.args[0] ?? "", test);
    const made = outcomeOf(() => run(graph, contextOf()));
    const fails = test.headers.get("fails");
    if (typeof made === "string" || fails !== undefined) {
      compareFailure(test, typeof made === "string" ? made : "no error");
      return;
    }
    const text = printGraph(made);
    const problems = verifyGraph(made, opRules).map(({ code, message }) => `${code} ${message}`);
    if (problems.length > 0) throw new FiletestMismatch("the output is well-formed", "", problems.join("\n"));
    comparePrecise(context, text);
    checkLines(test, text);
    checkIdempotence(invocation.args[0] ?? "", test, made, text);
    checkOutputs(graph, made);
  },
};

function contextOf(): PassContext {
  return { diag: new DiagnosticSink(), rng: new Rng(1), stats: new CountedStats() };
}

function numbersOf(test: Filetest, header: string): Map<string, number> {
  const entries = (test.headers.get(header) ?? []).map((line) => line.split("=").map((part) => part.trim()));
  return new Map(entries.map(([name = "", value]) => [name, Number(value)]));
}

function passNamed(name: string, test: Filetest): (graph: Graph, ctx: PassContext) => Graph {
  if (name === "bind-dims") {
    return (graph, ctx) => bindDims.run(graph, { dims: numbersOf(test, "dim"), mustBindAll: true }, ctx);
  }
  if (name === "pin-inputs") return (graph, ctx) => pinInputs.run(graph, { pins: numbersOf(test, "pin") }, ctx);
  const pass = graphPasses.find((candidate) => candidate.name === name);
  if (pass === undefined) throw new Error(`${test.file} asks for an unknown pass "${name}"`);
  return (graph, ctx) => pass.run(graph, ctx);
}

/** The graph that a pass made, or the text of its errors. */
function outcomeOf(run: () => Graph): Graph | string {
  try {
    return run();
  } catch (error) {
    if (error instanceof CompileError) return error.message;
    throw error;
  }
}

function compareFailure(test: Filetest, found: string): void {
  for (const expected of test.headers.get("fails") ?? ["no error"]) {
    const [code = "", ...words] = expected.split(" ");
    if (!found.includes(code) || !found.includes(words.join(" "))) {
      throw new FiletestMismatch("the pass fails as expected", expected, found);
    }
  }
}

/** Numbered values read as `%N` in expectations and output, because numbering is not what a pass is about. */
const withoutNumbers = (text: string): string => text.replace(/%(\d+|N)\b/g, "%N");

function checkLines(test: Filetest, printed: string): void {
  const text = withoutNumbers(printed);
  for (const expected of test.headers.get("check") ?? []) {
    if (!text.includes(withoutNumbers(expected))) throw new FiletestMismatch("a line has the text", expected, text);
  }
  for (const unwanted of test.headers.get("not") ?? []) {
    if (text.includes(unwanted)) throw new FiletestMismatch(`no line has "${unwanted}"`, "", text);
  }
}

/** The passes with options change the inputs that their options name, so that they cannot run twice. */
function checkIdempotence(name: string, test: Filetest, made: Graph, text: string): void {
  if (name === "bind-dims" || name === "pin-inputs") return;
  const again = printGraph(passNamed(name, test)(made, contextOf()));
  if (again !== text) throw new FiletestMismatch("a second run changes nothing", text, again);
}

function checkOutputs(before: Graph, after: Graph): void {
  if (!after.inputs.every((id) => isStaticShape(valueOf(after, id).shape ?? []))) return;
  const inputs = randomInputs(after);
  const names = new Set(before.inputs.map((id) => valueOf(before, id).name));
  if (names.size !== after.inputs.length) return;
  const [expected, actual] = [evaluateGraph(before, inputs), evaluateGraph(after, inputs)];
  for (const [name, tensor] of expected) {
    const found = actual.get(name);
    const comparison = found === undefined ? undefined : compareTensors(found, tensor, TOLERANCE);
    if (comparison?.pass === true) continue;
    throw new FiletestMismatch(`output "${name}" keeps its values`, "", JSON.stringify(comparison));
  }
}

function randomInputs(graph: Graph): Map<string, Tensor> {
  const rng = new Rng("filetest");
  const inputs = new Map<string, Tensor>();
  for (const id of graph.inputs) {
    const { name, dtype = "f32", shape = [] } = valueOf(graph, id);
    const lengths = isStaticShape(shape) ? shape : [];
    const count = lengths.reduce((a, b) => a * b, 1);
    const isReal = dtype === "f32" || dtype === "f64";
    const values = Array.from({ length: count }, () => (isReal ? rng.normal() : rng.below(2)));
    inputs.set(name, tensorOf(dtype, lengths, values));
  }
  return inputs;
}

const graphLevel: FiletestLevel<Graph> = {
  level: "graph",
  parse: (text, file) => {
    const { graph, sourceMap } = parseGraph(text, { file });
    return { noun: graph, sourceMap };
  },
  print: printGraph,
  verify: (graph) => verifyGraph(graph, opRules),
};

runFiletests(new URL("passes/", import.meta.url), { levels: [graphLevel], commands: [passCommand] });
