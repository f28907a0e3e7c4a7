// Checks the diagnostic codes that packages declare in their codes.ts: each is declared once, under a prefix of its package,
// and provoked by some test. docs/diagnostics.md is generated from them and must be fresh.
import ts from "typescript";
import { isTest, lineOf, packageOf } from "./source-tree.ts";
import type { Finding, SourceTree } from "./source-tree.ts";

export const DIAGNOSTICS_PAGE = "docs/diagnostics.md";

/** Prefixes of codes, and the only package that declares them. */
const HOMES: ReadonlyMap<string, string> = new Map([
  ["TXT", "base"],
  ["NUM", "numerics"],
  ["MCH", "machine"],
  ["GRA", "ir"],
  ["DFL", "ir"],
  ["LAY", "ir"],
  ["PRG", "ir"],
  ["TRC", "ir"],
  ["OPS", "ops"],
  ["ONX", "onnx"],
  ["KRN", "kernels"],
  ["PAS", "compiler"],
  ["PAR", "compiler"],
  ["LOW", "compiler"],
  ["PLC", "compiler"],
  ["RTE", "compiler"],
  ["ASM", "compiler"],
  ["MEM", "check"],
  ["DLK", "check"],
  ["CHK", "check"],
  ["SIM", "sim"],
  ["CLI", "waferc"],
]);

interface DeclaredCode {
  readonly code: string;
  readonly title: string;
  readonly severity: string;
  readonly about: string;
  readonly path: string;
  readonly line: number;
}

export function checkCodes(tree: SourceTree): Finding[] {
  const codes = declaredCodes(tree);
  const findings: Finding[] = [];
  const seen = new Map<string, DeclaredCode>();
  const provoked = provokedCodes(tree);
  for (const declared of codes) {
    const { code, path, line } = declared;
    const first = seen.get(code);
    seen.set(code, first ?? declared);
    if (first) findings.push({ path, line, message: `${code} is declared in ${first.path}:${first.line} already` });
    const home = HOMES.get(code.slice(0, 3));
    if (home !== packageOf(path)) {
      const owner = home ?? "no package (scripts/checks/codes.ts lists them)";
      findings.push({ path, line, message: `${code} has a prefix of ${owner}` });
    }
    if (declared.title === "" || declared.about === "") {
      findings.push({ path, line, message: `${code} needs a title and a paragraph, as string literals` });
    }
    if (!provoked.has(code)) findings.push({ path, line, message: `no filetest or test provokes ${code}` });
  }
  if (tree.textOf(DIAGNOSTICS_PAGE) !== printDiagnosticsPage(tree)) {
    findings.push({ path: DIAGNOSTICS_PAGE, line: 1, message: 'the page is stale: "npm run fix" writes it' });
  }
  return findings;
}

/** Codes in tests and filetests. */
function provokedCodes(tree: SourceTree): Set<string> {
  const found = new Set<string>();
  for (const path of tree.paths) {
    const isEvidence = isTest(path) || /\/filetests\//.test(path) || path.startsWith("packages/testkit/");
    if (!isEvidence) continue;
    for (const [code] of (tree.textOf(path) ?? "").matchAll(/\b[A-Z]{3}-\d{3}\b/g)) found.add(code);
  }
  return found;
}

/** All codes of all packages, by package and then in the order of declaration. */
function declaredCodes(tree: SourceTree): DeclaredCode[] {
  const found: DeclaredCode[] = [];
  for (const path of tree.paths.filter((candidate) => /^packages\/[^/]+\/src\/codes\.ts$/.test(candidate)).sort()) {
    const { ast } = tree.parse(path);
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node) && node.expression.getText() === "declareCodes") {
        const table = node.arguments[0];
        if (table && ts.isObjectLiteralExpression(table)) found.push(...codesOf(table, path, ast));
      }
      ts.forEachChild(node, visit);
    };
    visit(ast);
  }
  return found;
}

function codesOf(table: ts.ObjectLiteralExpression, path: string, ast: ts.SourceFile): DeclaredCode[] {
  return table.properties.filter(ts.isPropertyAssignment).map((property) => {
    const code = ts.isStringLiteral(property.name) ? property.name.text : property.name.getText();
    const field = (name: string) => {
      if (!ts.isObjectLiteralExpression(property.initializer)) return "";
      const found = property.initializer.properties.find((candidate) => candidate.name?.getText() === name);
      return found && ts.isPropertyAssignment(found) ? literalText(found.initializer) : "";
    };
    const severity = field("severity") || "error";
    return { code, title: field("title"), severity, about: field("about"), path, line: lineOf(ast, property) };
  });
}

/** Text of string literals joined by `+`; empty for anything else. */
function literalText(node: ts.Expression): string {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    return literalText(node.left) + literalText(node.right);
  }
  return "";
}

/** The text of docs/diagnostics.md. */
export function printDiagnosticsPage(tree: SourceTree): string {
  const lines = ["# Diagnostics", "", "Generated from the `codes.ts` of the packages by `npm run fix`. Do not edit."];
  let pkg: string | undefined;
  for (const { code, title, severity, about, path } of declaredCodes(tree)) {
    if (packageOf(path) !== pkg) {
      pkg = packageOf(path);
      lines.push("", `## ${pkg}`);
    }
    lines.push(
      "",
      `### ${code}: ${title}`,
      "",
      `${severity === "error" ? "Error" : severity === "warning" ? "Warning" : "Note"}. ${about}`,
    );
  }
  return `${lines.join("\n")}\n`;
}
