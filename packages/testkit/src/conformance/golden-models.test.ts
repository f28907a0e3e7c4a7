// The reference evaluator on the repository's models: every golden data set within the default tolerance of its dtype.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defaultTolerance } from "@waferc/numerics";
import { describe, expect, it } from "vitest";
import { readCaseFolder, runCase } from "./onnx-cases.ts";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const MODELS = join(ROOT, "models");

const files = readdirSync(MODELS, { recursive: true, encoding: "utf8" })
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => file.endsWith(".onnx"))
  .sort();

describe("reference evaluator on models", () => {
  it.each(files)("%s gives its golden outputs", (file) => {
    const goldens = join(ROOT, "golden", "tensors", file.replace(/\.onnx$/, ""));
    const found = readCaseFolder(file, join(MODELS, file), goldens);
    expect(found.dataSets.length).toBeGreaterThan(0);
    expect(runCase(found, defaultTolerance("f32"))).toEqual({ status: "pass", detail: "" });
  });
});
