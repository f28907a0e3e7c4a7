// Checks every import against the layer table, and that sources below `waferc` use nothing that depends on the platform or
// the moment: no node: modules, clock, environment, console or unseeded randomness.
import ts from "typescript";
import {
  ALLOWED_IMPORTS,
  ALLOWED_IR_LEVELS,
  COMPILER_FOLDERS,
  LAYER_DEBT,
  PLATFORM_PACKAGES,
  TEST_IMPORTS,
} from "./layer-table.ts";
import { isTest, lineOf, packageOf, resolveRelative } from "./source-tree.ts";
import type { Finding, ImportOf, SourceFile, SourceTree } from "./source-tree.ts";

const PLATFORM_GLOBALS: ReadonlySet<string> = new Set(["Date", "process", "console", "performance"]);

export function checkLayers(tree: SourceTree, debt = LAYER_DEBT): Finding[] {
  const findings: Finding[] = [];
  const owed = new Set(debt.map(({ path, specifier }) => `${path} ${specifier}`));
  for (const file of tree.sources) {
    const pkg = packageOf(file.path);
    if (pkg === undefined) continue;
    if (!ALLOWED_IMPORTS.has(pkg)) {
      findings.push({
        path: file.path,
        line: 1,
        message: `package "${pkg}" has no row in scripts/checks/layer-table.ts`,
      });
      continue;
    }
    for (const imported of file.imports) {
      const message = objectionTo(file.path, pkg, imported);
      if (message === undefined || owed.delete(`${file.path} ${imported.specifier}`)) continue;
      findings.push({ path: file.path, line: imported.line, message });
    }
    if (!PLATFORM_PACKAGES.includes(pkg)) findings.push(...platformUses(file));
  }
  for (const paid of owed)
    findings.push({ path: "scripts/checks/layer-table.ts", line: 1, message: `debt is paid: ${paid}` });
  return findings;
}

/** Why the import is not allowed; undefined if it is. */
function objectionTo(path: string, pkg: string, { specifier }: ImportOf): string | undefined {
  if (specifier.startsWith("node:")) {
    return PLATFORM_PACKAGES.includes(pkg) ? undefined : `${pkg} may not import ${specifier}: readers take bytes`;
  }
  if (specifier.startsWith(".")) return objectionToRelative(path, pkg, resolveRelative(path, specifier), specifier);
  if (isTest(path) && (TEST_IMPORTS.includes(specifier) || /^@waferc\/testkit(\/|$)/.test(specifier))) return undefined;
  const [, target, level] = /^(?:@waferc\/([^/]+)|waferc)(?:\/(.+))?$/.exec(specifier) ?? [];
  if (target === undefined) {
    return specifier === "waferc" ? `${pkg} may not import waferc: nothing does` : undefined;
  }
  if (target === pkg) return `${pkg} imports itself by name: use a relative import`;
  if (!ALLOWED_IMPORTS.get(pkg)?.includes(target)) return `${pkg} may not import ${target}`;
  const levels = ALLOWED_IR_LEVELS.get(pkg);
  if (target === "ir" && levels && !levels.includes(level ?? "")) {
    return `${pkg} may import only ${levels.join(", ")} of ir, not ${level ?? "all of it"}`;
  }
  return undefined;
}

function objectionToRelative(path: string, pkg: string, target: string, specifier: string): string | undefined {
  if (!target.startsWith(`packages/${pkg}/`)) return `${specifier} leaves the package: import it by name`;
  if (!/\.(ts|json)$/.test(target)) return `${specifier} has no extension`;
  const folderOf = (file: string) =>
    COMPILER_FOLDERS.find((folder) => file.startsWith(`packages/compiler/src/${folder}/`));
  const [from, to] = [folderOf(path), folderOf(target)];
  if (pkg === "compiler" && from && to && from !== to) return `${from}/ may not import ${to}/: they meet in ir`;
  return undefined;
}

function platformUses({ path, ast }: SourceFile): Finding[] {
  const findings: Finding[] = [];
  const visit = (node: ts.Node): void => {
    const name = platformName(node);
    if (name) findings.push({ path, line: lineOf(ast, node), message: `${name} is not allowed below waferc` });
    ts.forEachChild(node, visit);
  };
  visit(ast);
  return findings;
}

function platformName(node: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(node) && node.getText() === "Math.random") return "Math.random";
  if (!ts.isIdentifier(node) || !PLATFORM_GLOBALS.has(node.text)) return undefined;
  // Only a use of the global: `x.process`, `{ process: 1 }` and declarations of that name are the author's own.
  const { parent } = node;
  const isProperty = ts.isPropertyAccessExpression(parent) && parent.name === node;
  const isOwnName = "name" in parent && parent.name === node;
  return isProperty || isOwnName ? undefined : node.text;
}
