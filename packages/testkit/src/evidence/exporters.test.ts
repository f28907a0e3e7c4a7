// A small part of `npm run evidence -- exporters`: one case for each kind of thing that only some models need.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadMachine } from "@waferc/machine";
import { describe, expect, it } from "vitest";
import { compileCase } from "./exporters-case.ts";
import { exporterFailures, floatCases } from "./exporters.ts";

const DATA = process.env["WAFERC_DATA"] ?? "";

/** A past, masks by head, cross attention; dynamic quantisation; a convolution; experts. */
const CASES = ["llama_past_ts17", "t5_dec_ts17", "bert_dynq8", "vit_ts17", "qwen3_moe_dynamo18"];

describe("exporters' models on a mesh (skipped without WAFERC_DATA, which holds them)", () => {
  it.runIf(existsSync(join(DATA, "exporters"))).each(CASES)(
    "%s computes its golden outputs",
    { timeout: 120_000 },
    (name) => {
      const one = floatCases(DATA).find((candidate) => candidate.name === name);
      if (one === undefined) return expect.fail(`there is no case ${name}`);
      const outcome = compileCase(one, loadMachine("mesh32x32"), { withCycle: false });
      expect(outcome.refusals).toEqual([]);
      expect(outcome.compiled).toBeDefined();
      expect(exporterFailures([outcome])).toEqual([]);
    },
  );
});
