// `npm start [arguments]`: build, then run the demonstration that ships with the command line.
import { existsSync } from "node:fs";
import { main as build } from "./build.ts";
import { runNode } from "./process.ts";

const DEMO = "packages/waferc/dist/demo.js";

export async function main(args: readonly string[]): Promise<number> {
  const built = await build();
  if (built !== 0) return built;
  if (!existsSync(DEMO)) {
    console.error("start: there is no demonstration yet (packages/waferc/src/demo.ts does not exist)");
    return 1;
  }
  return runNode(["--enable-source-maps", DEMO, ...args]);
}
