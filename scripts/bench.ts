// `npm run bench [NAME]`: builds, then runs the benches in bench/, one file per question.
import { main as build } from "./build.ts";
import { installed, runNode } from "./process.ts";

export async function main(args: readonly string[]): Promise<number> {
  const built = await build();
  if (built !== 0) return built;
  return runNode([installed("vitest/vitest.mjs"), "bench", "--run", "--config", "bench/vitest.config.ts", ...args]);
}
