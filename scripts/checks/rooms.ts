// Checks that every file has a room of its own: no drawers such as `utils`, kebab-case names, a header that says what the file
// is for, and notes of things to do only with an issue.
import { isTest, packageOf } from "./source-tree.ts";
import type { Finding, SourceTree } from "./source-tree.ts";

const DRAWER = /(?:^|[/-])(utils?|common|helpers?|misc|types)(?:\.test)?(?:\.ts$|\/)/;
const KEBAB_CASE = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+)*$/;

// In two parts, so that this file does not find itself.
const UNOWNED_NOTE = new RegExp(`\\bTO${"DO"}\\b(?!\\(#\\d+\\))`);

export function checkRooms(tree: SourceTree): Finding[] {
  const findings: Finding[] = [];
  for (const path of tree.paths) {
    if (!/\.(ts|mjs|dfir)$/.test(path)) continue;
    const text = tree.textOf(path) ?? "";
    const drawer = DRAWER.exec(path)?.[1];
    if (drawer)
      findings.push({ path, line: 1, message: `"${drawer}" is no concept: name the file after what it holds` });
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (!KEBAB_CASE.test(name)) findings.push({ path, line: 1, message: `"${name}" is not kebab-case` });
    const needsHeader = path.endsWith(".ts") && packageOf(path) !== undefined && !isTest(path);
    if (needsHeader && !/^(\/\/|\/\*)/.test(text)) {
      findings.push({ path, line: 1, message: "the file has no header comment that says what it is for" });
    }
    text.split("\n").forEach((line, i) => {
      if (UNOWNED_NOTE.test(line))
        findings.push({
          path,
          line: i + 1,
          message: `a TO${"DO"} needs an issue number behind it, in parentheses with #`,
        });
    });
  }
  return findings;
}
