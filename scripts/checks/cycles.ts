// Checks that no files import each other's values in a circle. Type-only imports are gone at run time and may.
import { stronglyConnectedComponents } from "../../packages/base/src/index.ts";
import { isTest, resolveRelative } from "./source-tree.ts";
import type { Finding, SourceTree } from "./source-tree.ts";

export function checkCycles(tree: SourceTree): Finding[] {
  const files = tree.sources.filter((file) => !isTest(file.path));
  const indexOf = new Map(files.map((file, i) => [file.path, i]));
  const edges = files.map((file) => {
    const values = file.imports.filter((imported) => !imported.isTypeOnly);
    return values.flatMap(({ specifier }) => indexOf.get(targetOf(file.path, specifier)) ?? []);
  });
  return stronglyConnectedComponents(files.length, (v) => edges[v] ?? [])
    .filter((members) => members.length > 1 || edges[members[0]!]?.includes(members[0]!))
    .map((members) => {
      const paths = members.map((v) => files[v]!.path);
      return { path: paths[0]!, line: 1, message: `value imports form a cycle: ${paths.join(", ")}` };
    });
}

function targetOf(from: string, specifier: string): string {
  if (specifier.startsWith(".")) return resolveRelative(from, specifier);
  const [, pkg, level] = /^@waferc\/([^/]+)(?:\/(.+))?$/.exec(specifier) ?? [];
  return `packages/${pkg}/src/${level ? `${level}/` : ""}index.ts`;
}
