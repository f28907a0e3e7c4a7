// Entry of every npm script. Installs dependencies when they are missing or stale, then bundles the TypeScript script
// named by the first argument with esbuild (Node 20 cannot strip types itself) and runs its `main`.
// Plain JavaScript and only `node:` imports at the top, because it runs before the first install.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(root);

const stamp = join(root, "node_modules", ".installed-lock");

function installIfStale() {
  const digest = createHash("sha256").update(readFileSync("package-lock.json")).digest("hex");
  const isMissing = !existsSync(join(root, "node_modules", "esbuild"));
  if (!isMissing && existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return;
  const verb = isMissing ? "ci" : "install";
  console.error(`bootstrap: npm ${verb} (node_modules is ${isMissing ? "missing" : "older than package-lock.json"})`);
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  // `--no-save` keeps the lock as it is in the checkout; the stamp below is taken from it.
  const args = verb === "ci" ? ["ci", "--no-audit", "--no-fund"] : ["install", "--no-save", "--no-audit", "--no-fund"];
  execFileSync(npm, args, { stdio: ["ignore", 2, 2], shell: process.platform === "win32" });
  writeFileSync(stamp, digest);
}

/** Bundles scripts/<name>.ts into a file beside node_modules, so that its bare imports resolve, and imports it. */
async function runScript(name, args) {
  const source = join(root, "scripts", `${name}.ts`);
  if (!/^[a-z-]+$/.test(name) || !existsSync(source)) {
    console.error(`bootstrap: no script "${name}" (scripts/${name}.ts does not exist)`);
    process.exit(2);
  }
  const { build } = await import("esbuild");
  const dir = join(root, "node_modules", ".cache", "waferc-scripts");
  mkdirSync(dir, { recursive: true });
  const outfile = join(dir, `${name}.${process.pid}.mjs`);
  const { outputFiles } = await build({
    entryPoints: [source],
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    logLevel: "warning",
  });
  writeFileSync(outfile, outputFiles[0].contents);
  let script;
  try {
    script = await import(pathToFileURL(outfile).href);
  } finally {
    const { rmSync } = await import("node:fs");
    rmSync(outfile, { force: true });
  }
  process.exitCode = await script.main(args);
}

const [name = "", ...args] = process.argv.slice(2);
try {
  installIfStale();
} catch (error) {
  console.error(`bootstrap: the installation of dependencies failed: ${error.message}`);
  process.exit(1);
}
await runScript(name, args);
