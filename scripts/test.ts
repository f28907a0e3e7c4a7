// `npm test [vitest arguments]`: build, then all unit tests and filetests under vitest.
import { main as build } from "./build.ts";
import { installed, runNode } from "./process.ts";

export async function main(args: readonly string[]): Promise<number> {
  const built = await build();
  if (built !== 0) return built;
  return runNode([installed("vitest/vitest.mjs"), "run", ...args]);
}
