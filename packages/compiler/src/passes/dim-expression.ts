// Symbolic dimensions as exporters write them: a name ("batch"), or an expression over names ("past + seq", "2*s0",
// "Min(64, s50)"). Grammar: sums of products of numbers, names, parentheses, Min(..), Max(..), and the divisions `//` and
// `floor(a / b)`. A dimension that does not parse counts as one name.

export type DimExpression =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "name"; readonly name: string }
  | {
      readonly kind: "call";
      readonly call: "+" | "-" | "*" | "/" | "Min" | "Max";
      readonly args: readonly DimExpression[];
    };

const TOKEN = /\s*(?:(\d+)|([A-Za-z_][\w.]*)|(\/\/|[-+*/(),]))/y;

class ParseFailure extends Error {}

/** The expression that a dimension's text means; a name that is no expression is itself. */
export function parseDim(text: string): DimExpression {
  try {
    return new DimParser(text).parse();
  } catch (error) {
    if (error instanceof ParseFailure) return { kind: "name", name: text };
    throw error;
  }
}

class DimParser {
  readonly #tokens: string[] = [];
  #next = 0;

  constructor(text: string) {
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < text.trimEnd().length) {
      const match = TOKEN.exec(text);
      if (match === null) throw new ParseFailure();
      this.#tokens.push(match[1] ?? match[2] ?? match[3] ?? "");
    }
  }
  parse(): DimExpression {
    const sum = this.#sum();
    if (this.#next < this.#tokens.length) throw new ParseFailure();
    return sum;
  }
  #take(...wanted: readonly string[]): string | undefined {
    const token = this.#tokens[this.#next];
    if (token === undefined || !wanted.includes(token)) return undefined;
    this.#next += 1;
    return token;
  }
  #sum(): DimExpression {
    let left = this.#product();
    for (let sign = this.#take("+", "-"); sign !== undefined; sign = this.#take("+", "-")) {
      left = { kind: "call", call: sign as "+" | "-", args: [left, this.#product()] };
    }
    return left;
  }
  #product(): DimExpression {
    let left = this.#atom();
    for (let sign = this.#take("*", "/", "//"); sign !== undefined; sign = this.#take("*", "/", "//")) {
      left = { kind: "call", call: sign === "*" ? "*" : "/", args: [left, this.#atom()] };
    }
    return left;
  }
  #atom(): DimExpression {
    if (this.#take("(") !== undefined) {
      const inner = this.#sum();
      if (this.#take(")") === undefined) throw new ParseFailure();
      return inner;
    }
    const token = this.#tokens[this.#next++];
    if (token === undefined || !/^\w/.test(token)) throw new ParseFailure();
    if (/^\d/.test(token)) return { kind: "number", value: Number(token) };
    return this.#take("(") === undefined ? { kind: "name", name: token } : this.#call(token);
  }
  #call(name: string): DimExpression {
    const args = [this.#sum()];
    while (this.#take(",") !== undefined) args.push(this.#sum());
    if (this.#take(")") === undefined) throw new ParseFailure();
    const lower = name.toLowerCase();
    const [only] = args;
    if (lower === "floor" && args.length === 1 && only !== undefined) return only;
    if (lower === "min" || lower === "max") return { kind: "call", call: lower === "min" ? "Min" : "Max", args };
    throw new ParseFailure();
  }
}

/** Names in an expression, each once, in order. */
export function namesOf(expression: DimExpression): string[] {
  if (expression.kind === "number") return [];
  if (expression.kind === "name") return [expression.name];
  return [...new Set(expression.args.flatMap(namesOf))];
}

/** The value under bindings, or undefined if a name is not bound. Division rounds down. */
export function evaluateDim(expression: DimExpression, bindings: ReadonlyMap<string, number>): number | undefined {
  if (expression.kind === "number") return expression.value;
  if (expression.kind === "name") return bindings.get(expression.name);
  const args = expression.args.map((arg) => evaluateDim(arg, bindings));
  if (args.some((arg) => arg === undefined)) return undefined;
  const numbers = args as number[];
  switch (expression.call) {
    case "+":
      return numbers.reduce((a, b) => a + b);
    case "-":
      return numbers.reduce((a, b) => a - b);
    case "*":
      return numbers.reduce((a, b) => a * b);
    case "/":
      return numbers.reduce((a, b) => Math.floor(a / b));
    case "Min":
      return Math.min(...numbers);
    case "Max":
      return Math.max(...numbers);
    default:
      return expression.call satisfies never;
  }
}

/**
 * The only unbound name of an expression and the value that makes the expression `total`; undefined if there is not exactly
 * one, or none of its values up to `total` does (the expressions of exporters grow with their names).
 */
export function solveDim(
  expression: DimExpression,
  total: number,
  bindings: ReadonlyMap<string, number>,
): { readonly name: string; readonly value: number } | undefined {
  const unbound = namesOf(expression).filter((name) => !bindings.has(name));
  const [name] = unbound;
  if (name === undefined || unbound.length > 1) return undefined;
  const at = (value: number): number => evaluateDim(expression, new Map(bindings).set(name, value)) ?? Number.NaN;
  let [low, high] = [0, total];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (at(middle) < total) low = middle + 1;
    else high = middle;
  }
  // A second solution beside the first means that the expression does not determine the name.
  return at(low) === total && at(low + 1) !== total ? { name, value: low } : undefined;
}
