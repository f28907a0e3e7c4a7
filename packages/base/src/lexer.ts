// The one lexer of `.dfir`, for all levels. Line ends are tokens, because a statement ends with its line. A `-` or `.` belongs
// to a name only between two name characters, so `a->b` and `x - 1` lex as expected while `x-1` is one name.
// Lexing never throws: what cannot be read becomes an "invalid" token, so that the reader can recover.

export type TokenKind =
  | "name" // matmul.stationary, f32, k0.out
  | "value" // %x, %"any text"; text is the name without the sign and quotes
  | "symbol" // @tiny, @"any text"
  | "integer" // -12
  | "float" // 1.5, 1e-7, -inf (inf and nan are names, which `TextReader.float` accepts)
  | "extents" // 4x8
  | "digest" // sha256:9f2a..; text is the hexadecimal part
  | "string" // "text" with the escapes of JSON; text is the content
  | "punctuation"
  | "newline"
  | "end"
  | "invalid"; // text says what is wrong

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** From 1. */
  readonly line: number;
  readonly start: number;
  readonly end: number;
}

const NAME = String.raw`[A-Za-z_][A-Za-z0-9_]*(?:[.-][A-Za-z0-9_]+)*`;
const VALUE_NAME = String.raw`[A-Za-z0-9_]+(?:[.-][A-Za-z0-9_]+)*`;
const STRING = String.raw`"(?:[^"\\\n]|\\.)*"`;

const BARE_NAME = new RegExp(`^${NAME}$`);
const BARE_VALUE_NAME = new RegExp(`^${VALUE_NAME}$`);

// Groups in the order of GROUP_KINDS; alternatives in an order in which the first that matches is the right one.
const TOKEN = new RegExp(
  [
    String.raw`sha256:([0-9a-f]+)`,
    `(${NAME})`,
    `%(${VALUE_NAME}|${STRING})`,
    `@(${VALUE_NAME}|${STRING})`,
    String.raw`(\d+(?:x\d+)+)`,
    String.raw`(-inf\b|-?\d+(?:\.\d+(?:[eE][+-]?\d+)?|[eE][+-]?\d+))`,
    String.raw`(-?\d+)`,
    `(${STRING})`,
    String.raw`(->|<-|==|!=|<=|>=|\.\.|[()[\]{}<>=,:+\-*/.!?|&^~#$])`,
    String.raw`(\n)`,
  ].join("|"),
  "y",
);

const GROUP_KINDS = [
  "digest",
  "name",
  "value",
  "symbol",
  "extents",
  "float",
  "integer",
  "string",
  "punctuation",
  "newline",
] as const satisfies readonly TokenKind[];

const BLANK = /(?:[ \t\r]|;[^\n]*)*/y;

/** Reads tokens one after the other. */
export class Lexer {
  readonly #text: string;
  #offset = 0;
  #line = 1;

  constructor(text: string, firstLine = 1) {
    this.#text = text;
    this.#line = firstLine;
  }

  /** The next token; after the end, "end" again and again. */
  next(): Token {
    BLANK.lastIndex = this.#offset;
    BLANK.exec(this.#text);
    const start = BLANK.lastIndex;
    if (start >= this.#text.length) return { kind: "end", text: "", line: this.#line, start, end: start };
    TOKEN.lastIndex = start;
    const match = TOKEN.exec(this.#text);
    if (!match) return this.#invalid(start);
    this.#offset = TOKEN.lastIndex;
    const group = match.findIndex((part, i) => i > 0 && part !== undefined);
    const kind = GROUP_KINDS[group - 1] as TokenKind;
    const token = this.#token(kind, match[group] as string, start);
    if (kind === "newline") this.#line++;
    return token;
  }

  #token(kind: TokenKind, raw: string, start: number): Token {
    const [line, end] = [this.#line, this.#offset];
    if (!raw.startsWith('"')) return { kind, text: raw, line, start, end };
    try {
      return { kind, text: JSON.parse(raw) as string, line, start, end };
    } catch {
      return { kind: "invalid", text: `string ${raw} has a bad escape`, line, start, end };
    }
  }

  #invalid(start: number): Token {
    const char = String.fromCodePoint(this.#text.codePointAt(start) as number);
    if (char === '"') {
      const lineEnd = this.#text.indexOf("\n", start);
      this.#offset = lineEnd < 0 ? this.#text.length : lineEnd;
      return { kind: "invalid", text: "string has no closing quote", line: this.#line, start, end: this.#offset };
    }
    this.#offset = start + char.length;
    return { kind: "invalid", text: `character ${JSON.stringify(char)}`, line: this.#line, start, end: this.#offset };
  }
}

/** Whether `name` can stand in the text without quotes. */
export function isBareName(name: string): boolean {
  return BARE_NAME.test(name);
}

/** Whether `name` can stand behind `%` or `@` without quotes. */
export function isBareValueName(name: string): boolean {
  return BARE_VALUE_NAME.test(name);
}
