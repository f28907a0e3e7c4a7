// Filetests of op definitions: `verify` holds graphs against their rules, `run reference` evaluates a graph. Headers of a run:
//   ; input: x = [1.0, 2.0]          data of an input; the others are normal random numbers of a fixed seed
//   ; output: y = [3.0, nan]         expected data of an output, compared exactly
//   ; same: y ~= z within 1e-6       two outputs that must agree, absolutely
import { Rng } from "@waferc/base";
import { parseGraph, printGraph, valueOf, verifyGraph } from "@waferc/ir/graph";
import type { Graph } from "@waferc/ir/graph";
import { compareTensors, elementCount, isFloat, tensorOf, toValues } from "@waferc/numerics";
import type { DType, ElementValue, Tensor } from "@waferc/numerics";
import { evaluateGraph, opRules } from "../src/index.ts";
import { FiletestMismatch, runFiletests } from "@waferc/testkit/filetest";
import type { FiletestCommand, FiletestLevel } from "@waferc/testkit/filetest";

const graphLevel: FiletestLevel<Graph> = {
  level: "graph",
  parse: (text, file) => {
    const { graph, sourceMap } = parseGraph(text, { file });
    return { noun: graph, sourceMap };
  },
  print: (graph) => printGraph(graph),
  verify: (graph) => verifyGraph(graph, opRules),
};

function readList(text: string): ElementValue[] {
  const items = text.replace(/^\[|\]$/g, "").split(",");
  return items
    .map((item) => item.trim())
    .filter((item) => item !== "")
    .map((item) => {
      if (item === "true" || item === "false") return item === "true";
      return Number(item.replace("inf", "Infinity"));
    });
}

function feedsOf(graph: Graph, given: ReadonlyMap<string, string>): Map<string, Tensor> {
  const rng = new Rng("ops filetests");
  const feeds = new Map<string, Tensor>();
  for (const id of graph.inputs) {
    const { name, dtype, shape = [] } = valueOf(graph, id);
    const [type, dims]: [DType, number[]] = [dtype ?? "f32", shape.map(Number)];
    const text = given.get(name);
    const stream = rng.fork(name);
    const random = Array.from({ length: elementCount(dims) }, () => (isFloat(type) ? stream.normal() : 0));
    feeds.set(name, tensorOf(type, dims, text === undefined ? random : readList(text)));
  }
  return feeds;
}

const pairs = (lines: readonly string[] = []): Map<string, string> =>
  new Map(
    lines.map((line) => {
      const at = line.indexOf("=");
      return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
    }),
  );

const runCommand: FiletestCommand = {
  name: "run",
  run({ test }) {
    const { graph } = parseGraph(test.text, { file: test.file });
    const outputs = evaluateGraph(graph, feedsOf(graph, pairs(test.headers.get("input"))));
    for (const [name, text] of pairs(test.headers.get("output"))) {
      const actual = `[${toValues(outputs.get(name)!).map(printValue).join(", ")}]`;
      const expected = `[${readList(text).map(printValue).join(", ")}]`;
      if (actual !== expected) throw new FiletestMismatch(`output ${name} has the expected elements`, expected, actual);
    }
    for (const line of test.headers.get("same") ?? []) compareOutputs(line, outputs);
  },
};

const printValue = (value: ElementValue): string => (Object.is(value, -0) ? "-0" : String(value));

function compareOutputs(line: string, outputs: ReadonlyMap<string, Tensor>): void {
  const match = /^(\S+) ~= (\S+) within (\S+)$/.exec(line);
  const [left, right] = [outputs.get(match?.[1] ?? ""), outputs.get(match?.[2] ?? "")];
  if (left === undefined || right === undefined) throw new Error(`cannot read "; same: ${line}"`);
  const result = compareTensors(left, right, { rtol: 0, atol: Number(match?.[3]) });
  if (!result.pass) throw new FiletestMismatch(line, "equal outputs", JSON.stringify(result.worst ?? result.mismatch));
}

runFiletests(new URL("./", import.meta.url), { levels: [graphLevel], commands: [runCommand] });
