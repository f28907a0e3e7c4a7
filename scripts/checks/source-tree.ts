// What the checks look at: file paths with their text, and for TypeScript the syntax tree and the imports.
// A tree is data, so that the tests of a check can plant a violation without touching the disk.
import { readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import ts from "typescript";
import { listFiles } from "../workspace.ts";

/** One thing that a check found: printed as `path:line message`. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

export interface ImportOf {
  readonly specifier: string;
  /** `import type`: gone at run time. */
  readonly isTypeOnly: boolean;
  readonly line: number;
}

export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly ImportOf[];
  readonly ast: ts.SourceFile;
}

/** Files by path, `/`-separated and relative to the checkout. */
export class SourceTree {
  readonly #texts: ReadonlyMap<string, string>;
  readonly #parsed = new Map<string, SourceFile>();

  constructor(texts: ReadonlyMap<string, string>) {
    this.#texts = texts;
  }

  static readFrom(root: string): SourceTree {
    const texts = new Map<string, string>();
    const isRead = (path: string) => /\.(ts|mjs|dfir|md)$|\/package\.json$/.test(path);
    for (const dir of ["packages", "scripts", "docs", "bench"]) {
      for (const path of listFiles(root, dir, isRead)) texts.set(path, readFileSync(join(root, path), "utf8"));
    }
    return new SourceTree(texts);
  }

  get paths(): readonly string[] {
    return [...this.#texts.keys()];
  }

  textOf(path: string): string | undefined {
    return this.#texts.get(path);
  }

  /** All TypeScript files, tests included, parsed. */
  get sources(): readonly SourceFile[] {
    return this.paths.filter((path) => path.endsWith(".ts")).map((path) => this.parse(path));
  }

  parse(path: string): SourceFile {
    let file = this.#parsed.get(path);
    if (!file) {
      const text = this.#texts.get(path) ?? "";
      const ast = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
      file = { path, text, ast, imports: importsOf(ast) };
      this.#parsed.set(path, file);
    }
    return file;
  }
}

function importsOf(ast: ts.SourceFile): ImportOf[] {
  const found: ImportOf[] = [];
  const add = (node: ts.Node, specifier: ts.Node | undefined, isTypeOnly: boolean) => {
    if (specifier && ts.isStringLiteralLike(specifier)) {
      found.push({ specifier: specifier.text, isTypeOnly, line: lineOf(ast, node) });
    }
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      add(node, node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
    } else if (ts.isExportDeclaration(node)) {
      add(node, node.moduleSpecifier, node.isTypeOnly);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node, node.arguments[0], false);
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node, node.argument.literal, true);
    }
    ts.forEachChild(node, visit);
  };
  visit(ast);
  return found;
}

/** From 1. */
export function lineOf(ast: ts.SourceFile, node: ts.Node): number {
  return ast.getLineAndCharacterOfPosition(node.getStart(ast)).line + 1;
}

/** "ir" for packages/ir/src/graph/print.ts; undefined outside of packages. */
export function packageOf(path: string): string | undefined {
  return /^packages\/([^/]+)\//.exec(path)?.[1];
}

export function isTest(path: string): boolean {
  return /\.test\.ts$|^packages\/[^/]+\/filetests\//.test(path);
}

/** The path that a relative specifier names. */
export function resolveRelative(from: string, specifier: string): string {
  return posix.join(dirname(from), specifier);
}
