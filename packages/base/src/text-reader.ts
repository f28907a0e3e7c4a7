// Base of all parsers of `.dfir`. A parser is functions over a `TextReader`: they ask for the next thing they need and the
// reader fails for them. A failure ends the statement, is reported once, and reading goes on at the next statement, so one
// run reports the first error of every statement.

import { CODES } from "./codes.ts";
import { makeDiagnostic } from "./diagnostics.ts";
import type { Diagnostic, DiagnosticCode, DiagnosticDetails, DiagnosticSink, Loc } from "./diagnostics.ts";
import { Lexer } from "./lexer.ts";
import type { Token, TokenKind } from "./lexer.ts";
import { parseFloatText, parseInteger } from "./number-text.ts";
import type { RoundFloat } from "./number-text.ts";

/** Version of the text form that this package reads and writes. */
export const DFIR_VERSION = 1;

/** Line of each entity's statement, by the entity's printed name. */
export type SourceMap = ReadonlyMap<string, number>;

/** Thrown to leave a statement; `statements` catches it. */
class StatementError extends Error {
  readonly diagnostic: Diagnostic;

  constructor(diagnostic: Diagnostic) {
    super(diagnostic.message);
    this.name = "StatementError";
    this.diagnostic = diagnostic;
  }
}

export interface TextReaderOptions {
  /** Name for locations. */
  readonly file: string;
  readonly diag: DiagnosticSink;
  /** Line number of the first line of the text. */
  readonly firstLine?: number;
}

export class TextReader {
  readonly file: string;
  readonly diag: DiagnosticSink;
  readonly #lexer: Lexer;
  readonly #ahead: Token[] = [];
  readonly #lines = new Map<string, number>();
  #statementLine = 1;

  constructor(text: string, options: TextReaderOptions) {
    this.file = options.file;
    this.diag = options.diag;
    this.#lexer = new Lexer(text, options.firstLine);
  }

  // Tokens

  /** The token `distance` ahead, without taking it. */
  peek(distance = 0): Token {
    while (this.#ahead.length <= distance) this.#ahead.push(this.#lexer.next());
    return this.#ahead[distance] as Token;
  }

  next(): Token {
    const token = this.peek();
    this.#ahead.shift();
    return token;
  }

  /** Whether the next token is this name or punctuation. */
  isAt(text: string): boolean {
    const token = this.peek();
    return token.text === text && (token.kind === "name" || token.kind === "punctuation");
  }

  isAtKind(kind: TokenKind): boolean {
    return this.peek().kind === kind;
  }

  /** Takes the next token if it is this name or punctuation. */
  accept(text: string): boolean {
    const isHere = this.isAt(text);
    if (isHere) this.next();
    return isHere;
  }

  /** Takes the next token, which must be this name or punctuation. */
  expect(text: string): void {
    if (!this.accept(text)) this.failExpecting(`"${text}"`);
  }

  // Typed tokens

  name(what = "a name"): string {
    return this.#take("name", what).text;
  }

  /** One of a closed set of words. */
  word<T extends string>(words: readonly T[]): T {
    const found = words.find((candidate) => this.isAt(candidate));
    if (found === undefined) this.failExpecting(words.map((candidate) => `"${candidate}"`).join(" or "));
    this.next();
    return found;
  }

  /** The name behind `%`. */
  valueName(what = 'a value such as "%x"'): string {
    return this.#take("value", what).text;
  }

  /** The name behind `@`. */
  symbolName(what = 'a symbol such as "@main"'): string {
    return this.#take("symbol", what).text;
  }

  string(what = "a string"): string {
    return this.#take("string", what).text;
  }

  /** Lower-case hexadecimal behind `sha256:`. */
  digest(): string {
    return this.#take("digest", 'a digest such as "sha256:9f2a"').text;
  }

  /** An integer of any length. */
  anyInteger(what = "an integer"): number | bigint {
    return parseInteger(this.#take("integer", what).text);
  }

  /** An integer that a number holds exactly, within bounds. */
  integer(options: { readonly min?: number; readonly max?: number; readonly what?: string } = {}): number {
    const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER, what = "an integer" } = options;
    const token = this.peek();
    const value = this.anyInteger(what);
    if (typeof value === "bigint" || value < min || value > max) {
      const bounds = [
        options.min === undefined ? "" : ` from ${min}`,
        options.max === undefined ? "" : ` up to ${max}`,
      ];
      this.failAt(token, `Expected ${what}${bounds.join("")}, but found ${token.text}`);
    }
    return value;
  }

  /** A float or integer literal, `inf` or `nan`, rounded to its type. */
  float(round: RoundFloat = (x) => x): number {
    const token = this.peek();
    const isWord = token.kind === "name" && (token.text === "inf" || token.text === "nan");
    if (!isWord && token.kind !== "float" && token.kind !== "integer") this.failExpecting("a number");
    return round(parseFloatText(this.next().text));
  }

  /** An integer from 0 followed by its unit, such as `512 B`. */
  quantity(unit: string): number {
    const amount = this.integer({ min: 0, what: `an amount in ${unit}` });
    this.expect(unit);
    return amount;
  }

  /** The numbers of `2x3`. `rank` of them, if given. */
  extents(rank?: number): number[] {
    const token = this.#take("extents", 'extents such as "2x3"');
    const extents = token.text.split("x").map(Number);
    if (rank !== undefined && extents.length !== rank) {
      this.failAt(token, `Expected ${rank} extents, but found ${token.text}`);
    }
    return extents;
  }

  /** `open item, item close`; the list may be empty. */
  list<T>(open: string, close: string, item: () => T): T[] {
    this.expect(open);
    const items: T[] = [];
    if (this.accept(close)) return items;
    do items.push(item());
    while (this.accept(","));
    this.expect(close);
    return items;
  }

  #take(kind: TokenKind, what: string): Token {
    if (this.peek().kind !== kind) this.failExpecting(what);
    return this.next();
  }

  // Statements

  /** Takes the end of the line; a closing brace or the end of the text need none. */
  endStatement(): void {
    if (this.isAtKind("newline")) this.next();
    else if (!this.isAtKind("end") && !this.isAt("}")) this.failExpecting("the end of the line");
  }

  /**
   * Reads statements until the section ends (at the end of the text or the next `dfir` header).
   * `parse` reads one statement without its line end; what it throws through `fail` is reported, and the next is read.
   */
  statements(parse: () => void): void {
    this.#statementsUntilBrace(parse);
    while (this.isAt("}")) {
      this.#recover(() => this.failExpecting("a statement"));
      this.#statementsUntilBrace(parse);
    }
  }

  /** `{`, statements, `}`. */
  block(parse: () => void): void {
    this.expect("{");
    this.endStatement();
    this.#statementsUntilBrace(parse);
    this.expect("}");
  }

  #statementsUntilBrace(parse: () => void): void {
    for (;;) {
      while (this.isAtKind("newline")) this.next();
      if (this.isAtKind("end") || this.isAt("}") || this.isAtHeader()) return;
      const outer = this.#statementLine;
      this.#statementLine = this.peek().line;
      this.#recover(() => {
        parse();
        this.endStatement();
      });
      this.#statementLine = outer;
    }
  }

  #recover(parse: () => void): void {
    try {
      parse();
    } catch (error) {
      if (!(error instanceof StatementError)) throw error;
      this.diag.add(error.diagnostic);
      this.#skipStatement();
    }
  }

  /** Skips the rest of the line, and the block that it opens, if it ends in an open brace. */
  #skipStatement(): void {
    if (this.isAtHeader()) return;
    let depth = 0;
    do {
      if (this.isAt("}")) depth--;
      if (this.#skipLine() === "{") depth++;
    } while (depth > 0 && !this.isAtKind("end"));
  }

  /** The last token's text of the line that was skipped. */
  #skipLine(): string {
    let last = "";
    while (!this.isAtKind("end")) {
      const token = this.next();
      if (token.kind === "newline") return last;
      last = token.kind === "punctuation" ? token.text : "";
    }
    return last;
  }

  // Sections

  /** Whether a section begins here. */
  isAtHeader(): boolean {
    return this.isAt("dfir");
  }

  /**
   * Takes `dfir VERSION LEVEL`; the rest of the line is the level's. Blank lines before it are skipped.
   * A failure is a TXT-002 that leaves `section`.
   */
  header<T extends string>(levels: readonly T[]): T {
    while (this.isAtKind("newline")) this.next();
    const token = this.peek();
    const expected = levels.map((level) => `"dfir ${DFIR_VERSION} ${level}"`).join(" or ");
    const [version, level] = [this.peek(1), this.peek(2)];
    if (!this.isAtHeader() || version.kind !== "integer" || level.kind !== "name") {
      this.fail(CODES["TXT-002"], { message: `Expected ${expected}`, at: this.locOf(token) });
    }
    const found = levels.find((candidate) => candidate === level.text);
    if (Number(version.text) !== DFIR_VERSION || found === undefined) {
      const message = `Expected ${expected}, but found "dfir ${version.text} ${level.text}"`;
      this.fail(CODES["TXT-002"], { message, at: this.locOf(token) });
    }
    for (let i = 0; i < 3; i++) this.next();
    return found;
  }

  /** Runs a parser outside of any statement, such as that of a whole section; undefined if it failed, which is reported. */
  section<T>(parse: () => T): T | undefined {
    let result: T | undefined;
    this.#recover(() => {
      result = parse();
    });
    return result;
  }

  // Places and failures

  /** Notes that this statement defines the entity, for `sourceMap`. */
  define(entity: string): void {
    if (!this.#lines.has(entity)) this.#lines.set(entity, this.#statementLine);
  }

  get sourceMap(): SourceMap {
    return this.#lines;
  }

  /** Where the current statement begins. */
  get statementLoc(): Loc {
    return { kind: "line", file: this.file, line: this.#statementLine };
  }

  locOf(token: Token): Loc {
    return { kind: "line", file: this.file, line: token.line };
  }

  /** Ends the statement with a diagnostic of the parser's own; it is at the statement unless `at` is given. */
  fail(code: DiagnosticCode, details: Omit<DiagnosticDetails, "at"> & { readonly at?: Loc }): never {
    throw new StatementError(makeDiagnostic(code, { at: this.statementLoc, ...details }));
  }

  failAt(token: Token, message: string): never {
    this.fail(CODES["TXT-001"], { message, at: this.locOf(token) });
  }

  /** Ends the statement because the next token is not what the grammar has here. */
  failExpecting(what: string): never {
    const token = this.peek();
    this.failAt(token, `Expected ${what}, but found ${describe(token)}`);
  }
}

function describe(token: Token): string {
  switch (token.kind) {
    case "newline":
      return "the end of the line";
    case "end":
      return "the end of the text";
    case "invalid":
      return token.text;
    case "string":
      return `the string ${JSON.stringify(token.text)}`;
    case "value":
      return `"%${token.text}"`;
    case "symbol":
      return `"@${token.text}"`;
    case "digest":
      return `"sha256:${token.text}"`;
    case "name":
    case "integer":
    case "float":
    case "extents":
    case "punctuation":
      return `"${token.text}"`;
    default:
      return token.kind satisfies never;
  }
}
