// The packages of the workspace and their source files, as the other scripts see them.
// The root is the current directory: bootstrap.mjs changes to the checkout before anything runs.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface WorkspacePackage {
  /** Folder name under packages/, such as "ir". */
  readonly folder: string;
  /** npm name, such as "@waferc/ir". */
  readonly name: string;
  /** Source files that the build turns into outputs, relative to the package folder. Absent files are skipped. */
  readonly entries: readonly string[];
}

interface PackageJson {
  readonly name: string;
  readonly exports?: Record<string, { readonly source: string }>;
  readonly entries?: readonly string[];
}

/** All packages under `root`/packages, by folder name. */
export function readPackages(root = "."): WorkspacePackage[] {
  const folders = readdirSync(join(root, "packages")).sort();
  return folders
    .filter((folder) => existsSync(join(root, "packages", folder, "package.json")))
    .map((folder) => {
      const text = readFileSync(join(root, "packages", folder, "package.json"), "utf8");
      const json = JSON.parse(text) as PackageJson;
      const exported = Object.values(json.exports ?? {}).map((target) => target.source);
      return { folder, name: json.name, entries: [...exported, ...(json.entries ?? [])] };
    });
}

/** Files below `dir` (relative to `root`, with `/`) whose name passes `accept`, sorted; node_modules and dist left out. */
export function listFiles(root: string, dir: string, accept: (path: string) => boolean): string[] {
  if (!existsSync(join(root, dir))) return [];
  const found: string[] = [];
  for (const entry of readdirSync(join(root, dir), { withFileTypes: true })) {
    if (entry.name === "node_modules" || entry.name === "dist" || entry.name === ".git") continue;
    const path = `${dir}/${entry.name}`;
    if (entry.isDirectory()) found.push(...listFiles(root, path, accept));
    else if (accept(path)) found.push(path);
  }
  return found.sort();
}
