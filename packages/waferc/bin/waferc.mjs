#!/usr/bin/env node
// Starts the built command line. In a checkout that was never built, builds it first.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const main = new URL("../dist/cli/main.js", import.meta.url);
if (!existsSync(main)) {
  const bootstrap = fileURLToPath(new URL("../../../scripts/bootstrap.mjs", import.meta.url));
  execFileSync(process.execPath, [bootstrap, "build"], { stdio: ["ignore", 2, 2] });
}
if (!existsSync(main)) {
  console.error("waferc: packages/waferc/dist/cli/main.js was not built");
  process.exit(70);
}
await import(main.href);
