// `npm run fix`: formats, repairs what the linter can repair, and writes generated pages; `--pages` writes the pages only.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { DIAGNOSTICS_PAGE, printDiagnosticsPage } from "./checks/codes.ts";
import { SourceTree } from "./checks/source-tree.ts";
import { installed, runNode } from "./process.ts";
import { FORMATTED } from "./ready.ts";

export async function main(args: readonly string[]): Promise<number> {
  mkdirSync("docs", { recursive: true });
  const page = printDiagnosticsPage(SourceTree.readFrom("."));
  if (!existsSync(DIAGNOSTICS_PAGE) || readFileSync(DIAGNOSTICS_PAGE, "utf8") !== page)
    writeFileSync(DIAGNOSTICS_PAGE, page);
  if (args.includes("--pages")) return 0;
  const linted = await runNode([installed("eslint/bin/eslint.js"), "--fix", "packages", "scripts", "bench"]);
  const formatted = await runNode([
    installed("prettier/bin/prettier.cjs"),
    "--write",
    "--log-level",
    "warn",
    ...FORMATTED,
  ]);
  return linted || formatted;
}
