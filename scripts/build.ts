// Builds every package to dist/: one esbuild call per package, ESM for Node 20, other packages left external.
// Types are not looked at here; `npm run typecheck` does that.
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { readPackages } from "./workspace.ts";

/** Deletes what an earlier build left. Not a wipe before the build, because another process may be running from dist/. */
function removeStale(dist: string, outputs: ReadonlySet<string>): void {
  for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name).replaceAll("\\", "/");
    if (entry.isFile() && !outputs.has(path)) rmSync(path);
  }
}

/** Builds the packages that are named, or all. */
export async function main(names: readonly string[] = []): Promise<number> {
  const started = performance.now();
  const built: string[] = [];
  for (const pkg of readPackages()) {
    if (names.length > 0 && !names.includes(pkg.folder)) continue;
    const dir = join("packages", pkg.folder);
    const entryPoints = pkg.entries.map((entry) => join(dir, entry)).filter((path) => existsSync(path));
    if (entryPoints.length === 0) continue;
    const { metafile } = await build({
      entryPoints,
      outdir: join(dir, "dist"),
      outbase: join(dir, "src"),
      bundle: true,
      splitting: true,
      format: "esm",
      platform: "node",
      target: "node20",
      packages: "external",
      sourcemap: "linked",
      loader: { ".proto": "text", ".wasm": "binary" },
      logLevel: "warning",
      metafile: true,
    });
    removeStale(join(dir, "dist"), new Set(Object.keys(metafile.outputs)));
    built.push(pkg.folder);
  }
  console.error(`build: ${built.join(" ") || "nothing to build"} in ${Math.round(performance.now() - started)} ms`);
  return 0;
}
