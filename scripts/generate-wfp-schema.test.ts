import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { generateWfpSchema, WFP_SCHEMA_PATH } from "./generate-wfp-schema.ts";

test("the embedded descriptor is that of wfp.proto", async () => {
  expect(readFileSync(WFP_SCHEMA_PATH, "utf8")).toBe(await generateWfpSchema());
});
