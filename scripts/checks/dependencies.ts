// Checks that each runtime dependency from npm is imported by one package, the one that docs/dependencies.md names with a
// reason, and that every package.json declares exactly what the sources import.
import { ALLOWED_IMPORTS, TEST_IMPORTS } from "./layer-table.ts";
import { isTest, packageOf } from "./source-tree.ts";
import type { Finding, SourceTree } from "./source-tree.ts";

const LIST = "docs/dependencies.md";

export function checkDependencies(tree: SourceTree): Finding[] {
  const findings: Finding[] = [];
  const homes = readList(tree.textOf(LIST) ?? "");
  for (const [dependency, homeOf] of homes) {
    if (ALLOWED_IMPORTS.has(homeOf)) continue;
    findings.push({ path: LIST, line: 1, message: `"${dependency}" is at home in "${homeOf}", which is no package` });
  }
  const declared = new Map([...ALLOWED_IMPORTS.keys()].map((pkg) => [pkg, declaredIn(tree, pkg)]));
  for (const file of tree.sources) {
    const pkg = packageOf(file.path);
    if (pkg === undefined) continue;
    for (const { specifier, line } of file.imports) {
      const dependency = npmName(specifier);
      const isForTests = isTest(file.path) || pkg === "testkit";
      if (dependency === undefined || (isForTests && TEST_IMPORTS.includes(dependency))) continue;
      const isOurs = dependency.startsWith("@waferc/");
      // Tests import testkit through the workspace; declaring it would make the packages depend on each other in a circle.
      if (dependency === "@waferc/testkit" && isTest(file.path)) continue;
      if (!isOurs && homes.get(dependency) !== pkg) {
        const home = homes.get(dependency) ?? "no package";
        findings.push({
          path: file.path,
          line,
          message: `"${dependency}" is at home in ${home} (${LIST}), not in ${pkg}`,
        });
      }
      if (!declared.get(pkg)?.has(dependency)) {
        const message = `"${dependency}" is not in packages/${pkg}/package.json`;
        findings.push({ path: file.path, line, message });
      }
    }
  }
  return findings;
}

/** The table of docs/dependencies.md: dependency and package are its first two columns. */
function readList(text: string): Map<string, string> {
  const rows = text.matchAll(/^\|\s*`?([@a-z][^|`\s]*)`?\s*\|\s*`?([a-z]+)`?\s*\|/gm);
  return new Map([...rows].map((row) => [row[1]!, row[2]!] as const).filter(([name]) => name !== "dependency"));
}

function declaredIn(tree: SourceTree, pkg: string): Set<string> {
  const text = tree.textOf(`packages/${pkg}/package.json`) ?? "{}";
  const json = JSON.parse(text) as { dependencies?: Record<string, string> };
  return new Set(Object.keys(json.dependencies ?? {}));
}

/** Package name of a bare specifier; undefined for relative and node: ones. */
function npmName(specifier: string): string | undefined {
  if (specifier.startsWith(".") || specifier.startsWith("node:")) return undefined;
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}
