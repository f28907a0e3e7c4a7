// A folder for the files of one test, removed when the process ends.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Makes paths inside a fresh folder. */
export function temporaryFolder(): (...names: string[]) => string {
  const folder = mkdtempSync(join(tmpdir(), "waferc-test-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return (...names) => join(folder, ...names);
}
