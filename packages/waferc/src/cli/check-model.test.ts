// `waferc check-model` beyond the form of the file: types that contradict each other, with the exit code of a broken model.
import { writeFileSync } from "node:fs";
import { attribute, modelBytes, node, tensorType } from "@waferc/onnx/testing";
import { describe, expect, it } from "vitest";
import { runWaferc } from "../testing/run-waferc.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const path = temporaryFolder();

describe("check-model", () => {
  it("names a cast that contradicts its declared type, and the node that cannot take it", async () => {
    const file = path("conflict.onnx");
    const cast = node("Cast", ["x"], ["wide"], [attribute.int("to", 1)]);
    const input = [{ name: "x", type: tensorType(10, "n", "n") }];
    const valueInfo = [{ name: "wide", type: tensorType(10, "n", "n") }];
    writeFileSync(file, modelBytes({ input, valueInfo, node: [cast, node("MatMul", ["wide", "x"], ["y"])] }));
    const run = await runWaferc("check-model", file, "--json");
    expect(run.code).toBe(5);
    expect(run.json()).toMatchObject({
      ok: false,
      diagnostics: [
        { code: "PAS-007", at: { node: "Cast-wide" } },
        { code: "PAS-006", at: { node: "MatMul-y" } },
      ],
    });
  });

  it("is content with a file whose types agree", async () => {
    const file = path("sound.onnx");
    writeFileSync(file, modelBytes({ node: [node("Relu", ["x"], ["y"])] }));
    expect(await runWaferc("check-model", file)).toMatchObject({ code: 0 });
  });
});
