// A small part of `npm run fuzz`, in the process of the test: no case may throw anything but a refusal.
import { Rng } from "@waferc/base";
import { checkModel } from "@waferc/onnx";
import { describe, expect, it } from "vitest";
import { fileOfCase, GENERATED, runCase } from "./fuzz-case.ts";
import { SEED_MODELS } from "./seed-models.ts";

const CASES = 300;
const SEED = 11;

describe("fuzz", () => {
  it("starts from models that are sound", () => {
    const external = { byteLengthOf: () => 4096, read: (_: string, __: number, n: number) => new Uint8Array(n) };
    for (const bytes of SEED_MODELS) {
      const errors = checkModel(bytes, external).findings.filter(({ severity }) => severity === "error");
      expect(errors.map(({ message }) => message)).toEqual([]);
    }
  });

  it("gives equal files for equal seeds, and others for others", () => {
    expect(fileOfCase(SEED, 5, GENERATED)).toEqual(fileOfCase(SEED, 5, GENERATED));
    expect(fileOfCase(SEED, 5, GENERATED)).not.toEqual(fileOfCase(SEED + 1, 5, GENERATED));
  });

  it(`refuses or canonicalises ${CASES} files, and most get past decoding`, () => {
    const stages = new Map<string, number>();
    for (let index = 0; index < CASES; index++) {
      const { stage, failure } = runCase(fileOfCase(SEED, index, GENERATED), new Rng(index));
      stages.set(stage, (stages.get(stage) ?? 0) + 1);
      expect(failure, `npm run fuzz -- --seed ${SEED} --case ${index}`).toBeUndefined();
    }
    expect(CASES - (stages.get("bytes") ?? 0)).toBeGreaterThan(0.3 * CASES);
    expect(stages.get("passes")).toBeGreaterThan(0.05 * CASES);
    expect(stages.get("canonical")).toBeGreaterThan(0.05 * CASES);
  });
});
