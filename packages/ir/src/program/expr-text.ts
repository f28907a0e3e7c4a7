/**
 * Integer expressions in the text form. From loosest to tightest: `+` and `-`; `floordiv` and `mod`; `*`; and `min(..)`,
 * `max(..)`, names, integers, parentheses. What is not in canonical form reads too: `x*3` is `3*x`, `x -1` is `x - 1`.
 */
import { isBareName, quote } from "@waferc/base";
import type { TextReader } from "@waferc/base";
import { MAX_EXPR_DEPTH } from "./limits.ts";
import type { Expr } from "./program.ts";

export function printExpr(expr: Expr): string {
  if (expr.kind !== "add" || expr.terms.length < 2) return printTerm(expr);
  return expr.terms.map((term, i) => (i === 0 ? printTerm(term) : printNextTerm(term))).join("");
}

/** A term behind another: its sign is an operator. */
function printNextTerm(term: Expr): string {
  if (term.kind === "const" && term.value < 0) return ` - ${-term.value}`;
  if (term.kind === "mul" && typeof term.factor === "number" && term.factor < 0) {
    if (term.factor !== -1) return ` - ${-term.factor}*${printPrimary(term.of)}`;
    const isSafe = term.of.kind !== "const" && !(term.of.kind === "mul" && typeof term.of.factor === "number");
    return ` - ${isSafe ? printTerm(term.of) : parenthesize(term.of)}`;
  }
  return ` + ${printTerm(term)}`;
}

function printTerm(expr: Expr): string {
  switch (expr.kind) {
    case "add":
      return expr.terms.length < 2 ? printCall("sum", expr.terms) : parenthesize(expr);
    case "mul":
      if (typeof expr.factor === "number") return `${expr.factor}*${printPrimary(expr.of)}`;
      return `${printVariable(expr.factor)}*${expr.of.kind === "const" ? parenthesize(expr.of) : printPrimary(expr.of)}`;
    case "floordiv":
    case "mod":
      return `${printPrimary(expr.of)} ${expr.kind} ${expr.by}`;
    case "min":
    case "max":
      return printCall(expr.kind, expr.args);
    case "const":
      return String(expr.value);
    case "var":
      return printVariable(expr.name);
    default:
      return expr satisfies never;
  }
}

function printPrimary(expr: Expr): string {
  const isPrimary = expr.kind === "const" || expr.kind === "var" || expr.kind === "min" || expr.kind === "max";
  return isPrimary ? printTerm(expr) : parenthesize(expr);
}

function printCall(name: string, args: readonly Expr[]): string {
  return `${name}(${args.map(printExpr).join(", ")})`;
}

function parenthesize(expr: Expr): string {
  return `(${printExpr(expr)})`;
}

/** `inf` and `nan` are quoted, because bare they are floats. */
function printVariable(name: string): string {
  return isBareName(name) && name !== "inf" && name !== "nan" ? name : quote(name);
}

export function readExpr(reader: TextReader, depth = 0): Expr {
  limitDepth(reader, depth);
  const first = readTerm(reader, depth);
  const terms: Expr[] = [first];
  for (;;) {
    if (reader.accept("+")) terms.push(readTerm(reader, depth));
    else if (reader.accept("-")) terms.push(readSubtracted(reader, depth));
    // In `x -1` the sign belongs to the number.
    else if (reader.isAtKind("integer") && reader.peek().text.startsWith("-")) terms.push(readTerm(reader, depth));
    else return terms.length === 1 ? first : { kind: "add", terms };
  }
}

function limitDepth(reader: TextReader, depth: number): void {
  if (depth > MAX_EXPR_DEPTH) reader.failAt(reader.peek(), `Expected at most ${MAX_EXPR_DEPTH} nested expressions`);
}

function readSubtracted(reader: TextReader, depth: number): Expr {
  const isParenthesized = reader.isAt("(");
  const term = readTerm(reader, depth);
  if (!isParenthesized) {
    if (term.kind === "const") return { kind: "const", value: 0 - term.value };
    if (term.kind === "mul" && typeof term.factor === "number") return { ...term, factor: 0 - term.factor };
  }
  return { kind: "mul", factor: -1, of: term };
}

function readTerm(reader: TextReader, depth: number): Expr {
  let term = readProduct(reader, depth);
  for (let links = 1; reader.isAt("floordiv") || reader.isAt("mod"); links++) {
    limitDepth(reader, depth + links);
    term = { kind: reader.word(["floordiv", "mod"]), of: term, by: reader.integer() };
  }
  return term;
}

function readProduct(reader: TextReader, depth: number): Expr {
  const isParenthesized = reader.isAt("(");
  const left = readPrimary(reader, depth);
  if (!reader.isAt("*")) return left;
  const star = reader.next();
  if (!isParenthesized && left.kind === "const") {
    return { kind: "mul", factor: left.value, of: readPrimary(reader, depth) };
  }
  const isBareNumber = reader.isAtKind("integer");
  const right = readPrimary(reader, depth);
  if (isBareNumber && right.kind === "const") return { kind: "mul", factor: right.value, of: left };
  if (left.kind === "var") return { kind: "mul", factor: left.name, of: right };
  return reader.failAt(star, "Expected a product with a constant or a parameter on its left");
}

function readPrimary(reader: TextReader, depth: number): Expr {
  if (reader.isAtKind("integer")) return { kind: "const", value: reader.integer() };
  if (reader.isAtKind("string")) return { kind: "var", name: reader.string() };
  if (reader.accept("(")) {
    const expr = readExpr(reader, depth + 1);
    reader.expect(")");
    return expr;
  }
  const name = reader.name("an integer expression");
  if (!reader.isAt("(")) return { kind: "var", name };
  const args = reader.list("(", ")", () => readExpr(reader, depth + 1));
  if (name === "min" || name === "max") return { kind: name, args };
  if (name === "sum") return { kind: "add", terms: args };
  return reader.failAt(reader.peek(), `Expected "min", "max" or "sum" before parentheses, but found "${name}"`);
}
