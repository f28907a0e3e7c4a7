// Checks the size of files, functions and parameter lists. Flat tables and functions that are one `switch` over a closed
// union may be long; functions in a file whose header has a line `Hot loops: WHY` may be long and take many parameters. Other
// exceptions are listed with their reason in size-exceptions.ts; one that is no longer needed is a finding too.
import ts from "typescript";
import { SIZE_EXCEPTIONS } from "./size-exceptions.ts";
import type { SizeException } from "./size-exceptions.ts";
import { isTest, lineOf } from "./source-tree.ts";
import type { Finding, SourceFile, SourceTree } from "./source-tree.ts";

const MAX_SOURCE_LINES = 600;
const MAX_TEST_LINES = 800;
const MAX_FILETEST_LINES = 150;
const MAX_FUNCTION_LINES = 80;
const MAX_PARAMETERS = 6;

/** Lines of a file that count as its header. */
const HEADER_LINES = 12;

interface Excess {
  readonly line: number;
  readonly what: SizeException["what"];
  readonly message: string;
}

export function checkSizes(tree: SourceTree, exceptions: readonly SizeException[] = SIZE_EXCEPTIONS): Finding[] {
  const findings: Finding[] = [];
  const unused = new Set(exceptions);
  for (const path of tree.paths) {
    if (/generated/.test(path)) continue;
    for (const excess of excessesOf(tree, path)) {
      const exception = exceptions.find((candidate) => candidate.path === path && candidate.what === excess.what);
      if (exception) unused.delete(exception);
      else findings.push({ path, line: excess.line, message: excess.message });
    }
  }
  for (const { path, what } of unused) {
    findings.push({
      path: "scripts/checks/size-exceptions.ts",
      line: 1,
      message: `exception "${path} ${what}" is not needed`,
    });
  }
  return findings;
}

function excessesOf(tree: SourceTree, path: string): Excess[] {
  const lines = (tree.textOf(path) ?? "").trimEnd().split("\n").length;
  if (path.endsWith(".dfir")) return fileExcess(lines, /\/filetests\//.test(path) ? MAX_FILETEST_LINES : Infinity);
  if (!path.endsWith(".ts")) return [];
  if (isTest(path)) return fileExcess(lines, MAX_TEST_LINES);
  return [...fileExcess(lines, MAX_SOURCE_LINES), ...functionExcesses(tree.parse(path))];
}

function fileExcess(lines: number, limit: number): Excess[] {
  return lines > limit ? [{ line: 1, what: "file", message: `file has ${lines} lines, the limit is ${limit}` }] : [];
}

function functionExcesses({ ast, text }: SourceFile): Excess[] {
  const hasHotLoops = text
    .split("\n")
    .slice(0, HEADER_LINES)
    .some((line) => /^(\/\/| \*) Hot loops: /.test(line));
  const found: Excess[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && "body" in node && node.body) {
      const line = lineOf(ast, node);
      const lines = ast.getLineAndCharacterOfPosition(node.end).line + 2 - line;
      const name = nameOf(node);
      if (lines > MAX_FUNCTION_LINES && !hasHotLoops && !isFlat(node.body as ts.Node)) {
        const message = `function ${name} has ${lines} lines, the limit is ${MAX_FUNCTION_LINES}`;
        found.push({ line, what: `function ${name}`, message });
      }
      if (node.parameters.length > MAX_PARAMETERS && !hasHotLoops) {
        const message = `function ${name} has ${node.parameters.length} parameters, the limit is ${MAX_PARAMETERS}`;
        found.push({ line, what: `function ${name}`, message });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(ast);
  return found;
}

function nameOf(node: ts.SignatureDeclaration): string {
  if (node.name) return node.name.getText();
  if (ts.isConstructorDeclaration(node)) return "constructor";
  const { parent } = node;
  return ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) ? parent.name.getText() : "(anonymous)";
}

/** A `switch` behind at most a few statements, or the return of one literal. */
function isFlat(body: ts.Node): boolean {
  if (!ts.isBlock(body)) return ts.isObjectLiteralExpression(body) || ts.isArrayLiteralExpression(body);
  const [last, ...before] = [...body.statements].reverse();
  if (last === undefined) return false;
  const isTable =
    ts.isReturnStatement(last) &&
    last.expression !== undefined &&
    (ts.isObjectLiteralExpression(last.expression) || ts.isArrayLiteralExpression(last.expression));
  return before.length <= 3 && (ts.isSwitchStatement(last) || (isTable && !containsFunction(last)));
}

function containsFunction(node: ts.Node): boolean {
  return ts.isFunctionLike(node) || ts.forEachChild(node, (child) => containsFunction(child) || undefined) === true;
}
