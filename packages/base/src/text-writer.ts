// Writer of `.dfir`: one statement per line, two spaces of indent per open block, single spaces, no column alignment.

import { isBareValueName } from "./lexer.ts";

const INDENT = "  ";

/** Collects lines of text. */
export class TextWriter {
  readonly #lines: string[] = [];
  #prefix = "";

  /** One statement. Never put a line end into `text`; quote strings with `quote`. */
  line(text: string): void {
    this.#lines.push(text === "" ? "" : this.#prefix + text);
  }

  /** The lines that `body` writes, one level deeper, with no braces: how a section follows its header. */
  indented(body: () => void): void {
    const outer = this.#prefix;
    this.#prefix += INDENT;
    body();
    this.#prefix = outer;
  }

  /** `head {`, the lines that `body` writes, `}`. */
  block(head: string, body: () => void): void {
    this.line(`${head} {`);
    this.indented(body);
    this.line("}");
  }

  /** Number of the line that is written next, from 1. */
  get nextLine(): number {
    return this.#lines.length + 1;
  }

  /** All lines, each ended by a line end. */
  toString(): string {
    return this.#lines.length === 0 ? "" : `${this.#lines.join("\n")}\n`;
  }
}

/** A string literal with the escapes of JSON, on one line. */
export function quote(text: string): string {
  return JSON.stringify(text);
}

/** `%name`, or `%"any text"` where the name has other characters. */
export function printValueName(name: string): string {
  return isBareValueName(name) ? `%${name}` : `%${quote(name)}`;
}

/** `@name`, or `@"any text"`. */
export function printSymbolName(name: string): string {
  return isBareValueName(name) ? `@${name}` : `@${quote(name)}`;
}

/** `2x3` for [2, 3]. Needs two extents or more. */
export function printExtents(extents: readonly number[]): string {
  if (extents.length < 2) throw new RangeError(`extents need two numbers or more, but there are ${extents.length}`);
  return extents.join("x");
}
