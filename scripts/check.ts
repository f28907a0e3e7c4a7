// `npm run check [NAME...]`: the checks of the source tree, all or those named.
import { TREE_CHECKS } from "./checks/checks.ts";
import { SourceTree } from "./checks/source-tree.ts";

export async function main(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => !TREE_CHECKS.has(name));
  if (unknown.length > 0) {
    console.error(`check: no check "${unknown.join('", "')}"; there are ${[...TREE_CHECKS.keys()].join(", ")}`);
    return 2;
  }
  const tree = SourceTree.readFrom(".");
  let count = 0;
  for (const [name, check] of TREE_CHECKS) {
    if (names.length > 0 && !names.includes(name)) continue;
    const findings = check(tree);
    count += findings.length;
    for (const { path, line, message } of findings) console.log(`${path}:${line} ${name}: ${message}`);
  }
  return count === 0 ? 0 : 1;
}
