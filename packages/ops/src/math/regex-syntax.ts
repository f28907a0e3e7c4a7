// The syntax of RE2 (https://github.com/google/re2/wiki/Syntax), as a tree. What groups capture and whether repetition is greedy does not matter for a
// full match and is not kept. Not known: \C (one byte), \X, and the few Unicode names that JavaScript does not know.
import { OpError } from "../op-error.ts";

/** Is this code point in the set? */
export type CharTest = (code: number) => boolean;

export type Assertion = "begin" | "end" | "line-begin" | "line-end" | "word-boundary" | "no-word-boundary";

export type Regex =
  | { readonly type: "char"; readonly test: CharTest }
  | { readonly type: "assert"; readonly assertion: Assertion }
  | { readonly type: "sequence" | "choice"; readonly parts: readonly Regex[] }
  | { readonly type: "repeat"; readonly part: Regex; readonly min: number; readonly max: number };

interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
}

const MAX_REPEAT = 1000;

export const isWordChar: CharTest = (code) => /\w/.test(String.fromCodePoint(code));

const byPattern =
  (pattern: RegExp): CharTest =>
  (code) =>
    pattern.test(String.fromCodePoint(code));

const PERL: Readonly<Record<string, CharTest>> = {
  d: byPattern(/[0-9]/),
  s: byPattern(/[\t\n\f\r ]/),
  w: isWordChar,
};

const POSIX: Readonly<Record<string, CharTest>> = {
  alnum: byPattern(/[0-9A-Za-z]/),
  alpha: byPattern(/[A-Za-z]/),
  ascii: (code) => code < 128,
  blank: byPattern(/[\t ]/),
  cntrl: (code) => code < 32 || code === 127,
  digit: byPattern(/[0-9]/),
  graph: (code) => code > 32 && code < 127,
  lower: byPattern(/[a-z]/),
  print: (code) => code >= 32 && code < 127,
  punct: byPattern(/[!-/:-@[-`{-~]/),
  space: byPattern(/[\t\n\v\f\r ]/),
  upper: byPattern(/[A-Z]/),
  word: isWordChar,
  xdigit: byPattern(/[0-9A-Fa-f]/),
};

const CONTROLS: Readonly<Record<string, number>> = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 };
const ASSERTIONS: Readonly<Record<string, Assertion>> = {
  A: "begin",
  z: "end",
  b: "word-boundary",
  B: "no-word-boundary",
};

/**
 * The tree of a pattern.
 * @throws OpError if RE2 would refuse it
 */
export function parseRegex(pattern: string): Regex {
  return new RegexParser(pattern).parse();
}

class RegexParser {
  readonly #pattern: string;
  readonly #chars: readonly string[];
  #at = 0;
  #flags: Flags = { i: false, m: false, s: false };

  constructor(pattern: string) {
    this.#pattern = pattern;
    this.#chars = Array.from(pattern);
  }

  parse(): Regex {
    const tree = this.#choice();
    if (this.#at < this.#chars.length) this.#fail("an unmatched )");
    return tree;
  }

  #fail(what: string): never {
    throw new OpError(`cannot read pattern "${this.#pattern}": found ${what} at character ${this.#at}`);
  }

  #peek(text: string): boolean {
    return Array.from(text).every((char, i) => this.#chars[this.#at + i] === char);
  }

  #take(text: string): boolean {
    const isHere = this.#peek(text);
    if (isHere) this.#at += Array.from(text).length;
    return isHere;
  }

  #next(what: string): string {
    return this.#chars[this.#at++] ?? this.#fail(`the end instead of ${what}`);
  }

  /** What `form` matches here, taken. `form` is sticky. */
  #match(form: RegExp): RegExpExecArray | undefined {
    const rest = this.#chars.slice(this.#at, this.#at + 64).join("");
    const found = form.exec(rest) ?? undefined;
    if (found !== undefined) this.#at += Array.from(found[0]).length;
    return found;
  }

  #choice(): Regex {
    const parts = [this.#sequence()];
    while (this.#take("|")) parts.push(this.#sequence());
    return parts.length === 1 ? parts[0]! : { type: "choice", parts };
  }

  #sequence(): Regex {
    const parts: Regex[] = [];
    while (this.#at < this.#chars.length && !this.#peek("|") && !this.#peek(")")) {
      const part = this.#atom();
      if (part !== undefined) parts.push(this.#repeated(part));
    }
    return { type: "sequence", parts };
  }

  #repeated(part: Regex): Regex {
    const bounds = this.#bounds();
    if (bounds === undefined) return part;
    this.#take("?"); // reluctant: the same strings match
    const again = this.#at;
    if (this.#bounds() !== undefined) {
      this.#at = again;
      this.#fail("a repetition of a repetition");
    }
    return { type: "repeat", part, ...bounds };
  }

  #bounds(): { min: number; max: number } | undefined {
    if (this.#take("*")) return { min: 0, max: Infinity };
    if (this.#take("+")) return { min: 1, max: Infinity };
    if (this.#take("?")) return { min: 0, max: 1 };
    const found = this.#match(/^\{(\d+)(,(\d*))?\}/);
    if (found === undefined) return undefined;
    const min = Number(found[1]);
    const max = found[2] === undefined ? min : found[3] === "" ? Infinity : Number(found[3]);
    if (min > max || min > MAX_REPEAT || (max !== Infinity && max > MAX_REPEAT)) this.#fail("a bad repetition before");
    return { min, max };
  }

  /** One unit; undefined for flags and empty quotes, which are none. */
  #atom(): Regex | undefined {
    if (this.#take("(")) return this.#group();
    if (this.#take("[")) return { type: "char", test: this.#folded(this.#charClass()) };
    if (this.#take("\\Q")) return this.#quoted();
    if (this.#peek("\\")) return this.#escaped();
    const char = this.#next("a character");
    const { m, s } = this.#flags;
    if (char === ".") return { type: "char", test: (code) => s || code !== 10 };
    if (char === "^") return { type: "assert", assertion: m ? "line-begin" : "begin" };
    if (char === "$") return { type: "assert", assertion: m ? "line-end" : "end" };
    if ("*+?".includes(char)) this.#fail("a repetition of nothing");
    return this.#literal(char.codePointAt(0)!);
  }

  #literal(code: number): Regex {
    return { type: "char", test: this.#folded((other) => other === code) };
  }

  /** The set, or that of all cases of its members. */
  #folded(test: CharTest): CharTest {
    if (!this.#flags.i) return test;
    return (code) => {
      const char = String.fromCodePoint(code);
      return [char, char.toLowerCase(), char.toUpperCase()].some(
        (one) => Array.from(one).length === 1 && test(one.codePointAt(0)!),
      );
    };
  }

  #group(): Regex | undefined {
    const outer = this.#flags;
    if (this.#take("?")) {
      const isNamed = this.#match(/^P?<\w+>/) !== undefined;
      if (!isNamed) {
        const found = this.#match(/^([imsU]*)(?:-([imsU]+))?([:)])/) ?? this.#fail("a group that RE2 does not know");
        const [, on = "", off = "", end] = found;
        const flag = (name: keyof Flags): boolean => (this.#flags[name] || on.includes(name)) && !off.includes(name);
        this.#flags = { i: flag("i"), m: flag("m"), s: flag("s") };
        if (end === ")") return undefined; // until the end of the group around
      }
    }
    const tree = this.#choice();
    if (!this.#take(")")) this.#fail("the end instead of )");
    this.#flags = outer;
    return tree;
  }

  #quoted(): Regex {
    const parts: Regex[] = [];
    while (this.#at < this.#chars.length && !this.#take("\\E"))
      parts.push(this.#literal(this.#next("\\E").codePointAt(0)!));
    return { type: "sequence", parts };
  }

  #escaped(): Regex {
    const set = this.#setEscape();
    if (set !== undefined) return { type: "char", test: this.#folded(set) };
    const assertion = ASSERTIONS[this.#chars[this.#at + 1] ?? ""];
    if (assertion === undefined) return this.#literal(this.#codeEscape());
    this.#at += 2;
    return { type: "assert", assertion };
  }

  /** A set such as \d or \p{Greek}, if one is here. */
  #setEscape(): CharTest | undefined {
    const perl = this.#match(/^\\([dswDSW])/);
    if (perl !== undefined) {
      const name = perl[1]!;
      return inverted(PERL[name.toLowerCase()]!, name !== name.toLowerCase());
    }
    const unicode = this.#match(/^\\([pP])(?:\{(\^?)(\w+)\}|(\w))/);
    if (unicode === undefined) return undefined;
    const [, kind, caret = "", long, short] = unicode;
    const name = long ?? short ?? "";
    return inverted(this.#unicodeSet(name), (kind === "P") !== (caret === "^"));
  }

  #unicodeSet(name: string): CharTest {
    if (name === "Any") return () => true;
    for (const form of [name, `Script=${name}`]) {
      try {
        return byPattern(new RegExp(`\\p{${form}}`, "u"));
      } catch {
        continue; // not a name of this kind
      }
    }
    return this.#fail(`the unknown set of characters "${name}" before`);
  }

  /** A single character behind a backslash. */
  #codeEscape(): number {
    const hex = this.#match(/^\\x(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{2}))/);
    if (hex !== undefined) return parseInt(hex[1] ?? hex[2] ?? "", 16);
    const octal = this.#match(/^\\(0[0-7]{0,2}|[1-7][0-7]{1,2})/);
    if (octal !== undefined) return parseInt(octal[1]!, 8);
    this.#take("\\");
    const char = this.#next("an escape");
    const control = CONTROLS[char];
    if (control !== undefined) return control;
    if (/[0-9A-Za-z]/.test(char)) this.#fail(`the unknown escape \\${char} before`);
    return char.codePointAt(0)!;
  }

  #charClass(): CharTest {
    const isInverted = this.#take("^");
    const tests: CharTest[] = [];
    for (let isFirst = true; isFirst || !this.#peek("]"); isFirst = false) tests.push(this.#classPart());
    this.#take("]");
    return inverted((code) => tests.some((test) => test(code)), isInverted);
  }

  #classPart(): CharTest {
    const posix = this.#match(/^\[:(\^?)(\w+):\]/);
    if (posix !== undefined) {
      const test = POSIX[posix[2]!] ?? this.#fail(`the unknown set [:${posix[2]!}:] before`);
      return inverted(test, posix[1] === "^");
    }
    const set = this.#setEscape();
    if (set !== undefined) return set;
    const first = this.#classChar();
    if (!this.#peek("-") || this.#peek("-]")) return (code) => code === first;
    this.#take("-");
    const last = this.#classChar();
    if (last < first) this.#fail("a range that ends before it begins, before");
    return (code) => code >= first && code <= last;
  }

  #classChar(): number {
    return this.#peek("\\") ? this.#codeEscape() : this.#next("]").codePointAt(0)!;
  }
}

function inverted(test: CharTest, isInverted: boolean): CharTest {
  return isInverted ? (code) => !test(code) : test;
}
