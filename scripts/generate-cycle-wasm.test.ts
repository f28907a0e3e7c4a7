import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { generateCycleWasm } from "./generate-cycle-wasm.ts";

test("the compiled loops of the cycle engine are fresh", { timeout: 60_000 }, async () => {
  const text = readFileSync("packages/sim/src/cycle/wasm/loops.generated.ts", "utf8");
  expect(text === (await generateCycleWasm()), "node scripts/bootstrap.mjs generate-cycle-wasm").toBe(true);
});
