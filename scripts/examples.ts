// `node scripts/bootstrap.mjs examples`: builds, then writes examples/programs from the generators of testkit.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { main as build } from "./build.ts";

const FOLDER = "examples/programs";

export async function main(): Promise<number> {
  const built = await build();
  if (built !== 0) return built;
  const { exampleFiles } = await import("@waferc/testkit/examples");
  const { simulateCycle } = await import("@waferc/sim");
  const files = exampleFiles(({ program, machine }) => {
    const options = { inputs: new Map<string, Float32Array>(), timingOnly: true };
    return simulateCycle(program, machine, () => new Float32Array(0), options).quiescentCycles;
  });
  mkdirSync(FOLDER, { recursive: true });
  for (const name of readdirSync(FOLDER)) if (!files.has(name)) rmSync(join(FOLDER, name));
  for (const [name, text] of files) writeFileSync(join(FOLDER, name), text);
  console.log(`${FOLDER}: ${files.size} files`);
  return 0;
}
