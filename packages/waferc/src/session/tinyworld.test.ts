// The trained model end to end, for the time that `npm test` has: twenty questions on the fast engine. CI asks all of them.
import { beforeAll, describe, expect, it } from "vitest";
import { runWaferc } from "../testing/run-waferc.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const path = temporaryFolder();
const QUESTIONS = "models/tinyworld/questions.jsonl";

beforeAll(async () => {
  const dims = ["--dim", "batch=1", "--dim", "sequence=128"];
  const run = await runWaferc(
    "compile",
    "models/tinyworld/prefill.onnx",
    "--machine",
    "mesh32x32",
    ...dims,
    "-o",
    path("out"),
    "--json",
  );
  expect(run.code).toBe(0);
  expect(run.json()["meshMacShare"]).toBeGreaterThanOrEqual(0.99);
}, 60_000);

describe("tinyworld on mesh32x32", () => {
  it("gives the golden answers to twenty questions", async () => {
    const run = await runWaferc("eval", path("out"), "--questions", QUESTIONS, "--limit", "20", "--json");
    expect(run.code).toBe(0);
    expect(run.json()).toMatchObject({ questions: 20, golden: { questions: 20, agree: 20 } });
    expect(run.json()["latencySeconds"]).toMatchObject({ median: expect.any(Number), p99: expect.any(Number) });
  }, 180_000);

  it("refuses prompts that are longer than the program (CLI-008)", async () => {
    const { nextToken } = await import("./prompt.ts");
    const { openPrompts } = await import("./open-prompt-model.ts");
    const { model } = openPrompts(path("out"), undefined);
    expect(() => nextToken(model, Array<number>(129).fill(2))).toThrow("CLI-008");
  });

  it("has a tokenizer only if the model has one (CLI-006)", async () => {
    const run = await runWaferc(
      "eval",
      "models/bert/bert_opset17.onnx",
      "--engine",
      "reference",
      "--questions",
      QUESTIONS,
    );
    expect(run.code).toBe(2);
    expect(run.err).toContain("CLI-006");
  });
});
