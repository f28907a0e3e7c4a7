import { mkdirSync, writeFileSync } from "node:fs";
import { CompileError } from "@waferc/base";
import { tensorOf, toValues, writeNpy, type Tensor } from "@waferc/numerics";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { readCase, tensorOfCase } from "./cases.ts";
import { readInputs } from "./inputs.ts";
import { readQuestions } from "./questions.ts";
import { randomInputs } from "./random-inputs.ts";
import { checkInputs } from "./tensor-spec.ts";

const path = temporaryFolder();

function codesOf(act: () => unknown): string[] {
  try {
    act();
  } catch (error) {
    if (error instanceof CompileError) return error.diagnostics.map(({ code }) => code);
    throw error;
  }
  return [];
}

describe("cases", () => {
  it("read .npy files by name", () => {
    mkdirSync(path("case"));
    writeFileSync(path("case", "input_x.npy"), writeNpy(tensorOf("f32", [2], [1, 2])));
    const found = tensorOfCase(readCase(path("case")).inputs, 0, "x");
    expect(found && toValues(found)).toEqual([1, 2]);
  });

  it("say what is broken (CLI-005, CLI-001)", () => {
    mkdirSync(path("empty"));
    expect(codesOf(() => readCase(path("empty")))).toEqual(["CLI-005"]);
    expect(codesOf(() => readCase("golden/tensors/tinyworld/prefill"))).toEqual(["CLI-005"]);
    expect(codesOf(() => readInputs([], { files: ["x=nowhere.npy"] }))).toEqual(["CLI-001"]);
  });
});

describe("questions", () => {
  it("reports every broken line (CLI-007)", () => {
    writeFileSync(path("q.jsonl"), '{"prompt": "a", "answer": "b"}\nnonsense\n\n{"prompt": 1}\n');
    expect(codesOf(() => readQuestions(path("q.jsonl")))).toEqual(["CLI-007", "CLI-007"]);
    writeFileSync(path("none.jsonl"), "\n");
    expect(codesOf(() => readQuestions(path("none.jsonl")))).toEqual(["CLI-007"]);
  });

  it("keeps golden answers", () => {
    const [first] = readQuestions("models/tinyworld/questions.jsonl");
    expect(first).toMatchObject({ answer: "office", golden: "office" });
  });
});

describe("inputs", () => {
  const specs = [
    { name: "input_ids", dtype: "i64", shape: [1, 8] },
    { name: "attention_mask", dtype: "i64", shape: [1, 8] },
  ] as const;

  it("are all checked at once (CLI-002)", () => {
    const given = new Map<string, Tensor>([
      ["input_id", tensorOf("i64", [1, 8], Array(8).fill(0))],
      ["attention_mask", tensorOf("f32", [1, 8], Array(8).fill(0))],
    ]);
    expect(codesOf(() => checkInputs(specs, given))).toEqual(["CLI-002", "CLI-002", "CLI-002"]);
  });

  it("are random but usable, and equal for equal seeds", () => {
    const [a, b] = [
      randomInputs(specs, { seed: 3, graph: undefined }),
      randomInputs(specs, { seed: 3, graph: undefined }),
    ];
    expect(a).toEqual(b);
    checkInputs(specs, a);
    const mask = toValues(a.get("attention_mask")!).map(Number);
    expect(mask).toEqual([...mask].sort((x, y) => y - x));
    expect(mask[0]).toBe(1);
  });
});
