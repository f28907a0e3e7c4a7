// Data that is not a tensor, and control flow, where filetests cannot look: at errors while a graph runs, and at outputs.
import { parseGraph } from "@waferc/ir/graph";
import { tensorOf, toValues } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { describe, expect, it } from "vitest";
import { isOptional, isSequence, optionalOf, sequenceOf } from "./data.ts";
import type { Data } from "./data.ts";
import { evaluateGraph, evaluateGraphData } from "./evaluate-graph.ts";

const graphOf = (...lines: string[]) =>
  parseGraph(["dfir 1 graph @t", "  opset ai.onnx 18", ...lines.map((line) => `  ${line}`)].join("\n")).graph;

const scalar = (value: number): Tensor => tensorOf("i64", [], [value]);
const sequence = sequenceOf([tensorOf("f32", [1], [1]), tensorOf("f32", [1], [2])]);

function run(graph: ReturnType<typeof graphOf>, inputs: Record<string, Data>): Map<string, Data> {
  return evaluateGraphData(graph, new Map(Object.entries(inputs)));
}

describe("evaluateGraphData", () => {
  const erase = graphOf(
    "input %s : seq(f32[1])",
    "input %i : i64[]",
    "%2 = SequenceErase@11 %s, %i : seq(f32[1])",
    'output %2 as "y"',
  );

  it("takes and gives sequences", () => {
    const y = run(erase, { s: sequence, i: scalar(-2) }).get("y")!;
    expect(isSequence(y) && y.elements.map(toValues)).toEqual([[2]]);
  });

  it("says which operand is out of range, and where", () => {
    expect(() => run(erase, { s: sequence, i: scalar(2) })).toThrow(/SequenceErase.*needs a position in -2 .. 1/);
  });

  it("refuses inputs of another type", () => {
    expect(() => run(erase, { s: scalar(1), i: scalar(1) })).toThrow('cannot feed i64[] to input "s"');
    expect(() => run(erase, { s: optionalOf(sequence), i: scalar(1) })).toThrow("which is seq(f32[1])");
  });

  it("leaves outputs that are no tensors to evaluateGraphData", () => {
    const some = graphOf("input %x : f32[1]", "%1 = Optional@15 %x : optional(f32[1])", 'output %1 as "y"');
    const x = tensorOf("f32", [1], [1]);
    expect(isOptional(run(some, { x }).get("y")!)).toBe(true);
    expect(() => evaluateGraph(some, new Map([["x", x]]))).toThrow('cannot give output "y"');
  });

  it("does not take the element of an empty optional", () => {
    const get = graphOf("input %o : optional(f32[1])", "%1 = OptionalGetElement@18 %o : f32[1]", 'output %1 as "y"');
    expect(() => run(get, { o: optionalOf() })).toThrow("cannot take the element of an empty optional");
  });

  it("reports tensors only", () => {
    const seen: string[] = [];
    const first = graphOf(
      "input %x : f32[1]",
      "const %i : i64[] = [0]",
      "%2 = SequenceConstruct@11 %x, %x : seq(f32[1])",
      "%3 = SequenceAt@11 %2, %i : f32[1]",
      'output %3 as "y"',
    );
    const onValue = (id: number): void => void seen.push(`%${id}`);
    evaluateGraph(first, new Map([["x", tensorOf("f32", [1], [1])]]), { onValue });
    expect(seen).toEqual(["%3"]);
  });
});

describe("Loop", () => {
  const body = ['body "b" (%i : i64[], %c : bool[], %v : f32[1]) {', "  yield %c, %v", "}"].map((line) => `  ${line}`);

  it("needs an end", () => {
    const endless = graphOf("input %x : f32[1]", "%1 = Loop@16 _, _, %x : f32[1] {", ...body, "}", 'output %1 as "y"');
    expect(() => run(endless, { x: tensorOf("f32", [1], [1]) })).toThrow("or it never ends");
  });

  it("ignores the condition of the body where it has none of its own", () => {
    const counted = graphOf(
      "input %n : i64[]",
      "const %no : bool[] = [false]",
      "const %one : i64[] = [1]",
      "%3 = Loop@16 %n, _, %one : i64[] {",
      '  body "b" (%i : i64[], %c : bool[], %v : i64[]) {',
      "    %w = Add@14 %v, %v : i64[]",
      "    yield %no, %w",
      "  }",
      "}",
      'output %3 as "y"',
    );
    expect(toValues(run(counted, { n: scalar(5) }).get("y") as Tensor)).toEqual([32n]);
  });
});
