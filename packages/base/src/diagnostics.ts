// What can go wrong, as data. Two kinds, never mixed: a `Diagnostic` is about the user's input and ends a stage as a
// `CompileError` with all of them; an `InternalError` is a bug of ours. Nothing here prints to a stream or exits.

export type Severity = "error" | "warning" | "note";

/** Where something came from, or what a diagnostic is about. */
export type Loc =
  | { readonly kind: "onnx"; readonly node: string }
  | { readonly kind: "line"; readonly file: string; readonly line: number }
  | { readonly kind: "entity"; readonly id: string }
  | { readonly kind: "core"; readonly x: number; readonly y: number }
  | { readonly kind: "argument"; readonly name: string };

/** The numbers of a message for machines: what was asked for, what there is, and what the demand is made of. */
export interface Facts {
  readonly demand?: number;
  readonly bound?: number;
  readonly unit?: string;
  readonly terms?: readonly { readonly name: string; readonly amount: number }[];
}

export interface DiagnosticNote {
  readonly message: string;
  readonly at?: Loc;
}

export interface Diagnostic {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly at: Loc;
  readonly notes: readonly DiagnosticNote[];
  /** What would make it pass, with numbers. */
  readonly help: readonly string[];
  readonly facts?: Facts;
}

/** A declared code: `codes.ts` of a package holds them, and docs/diagnostics.md is generated from them. */
export interface DiagnosticCode {
  readonly code: string;
  readonly title: string;
  readonly severity: Severity;
  /** One paragraph: what it means and what to do about it. */
  readonly about: string;
}

type CodeTable = Readonly<
  Record<string, { readonly title: string; readonly severity?: Severity; readonly about: string }>
>;

/**
 * Turns `{ "GRA-012": { title, about } }` into codes. The severity is "error" unless stated.
 * @throws RangeError for a malformed code
 */
export function declareCodes<const T extends CodeTable>(
  table: T,
): { readonly [K in keyof T & string]: DiagnosticCode } {
  const entries = Object.entries(table).map(([code, entry]) => {
    if (!/^[A-Z]{3}-\d{3}$/.test(code)) throw new RangeError(`diagnostic code "${code}" is not like "GRA-012"`);
    return [code, Object.freeze({ code, title: entry.title, severity: entry.severity ?? "error", about: entry.about })];
  });
  return Object.freeze(Object.fromEntries(entries)) as { readonly [K in keyof T & string]: DiagnosticCode };
}

/** The parts of a diagnostic that its code does not give. */
export interface DiagnosticDetails {
  readonly message: string;
  readonly at: Loc;
  readonly notes?: readonly DiagnosticNote[];
  readonly help?: readonly string[];
  readonly facts?: Facts;
}

export function makeDiagnostic(code: DiagnosticCode, details: DiagnosticDetails): Diagnostic {
  const { message, at, notes = [], help = [], facts } = details;
  return { code: code.code, severity: code.severity, message, at, notes, help, ...(facts ? { facts } : {}) };
}

export interface DiagnosticSinkOptions {
  /** Codes of warnings and notes to drop. Errors cannot be silenced. */
  readonly silenced?: ReadonlySet<string>;
  /** Codes of warnings to report as errors. */
  readonly promoted?: ReadonlySet<string>;
}

/** Collects the diagnostics of a stage. */
export class DiagnosticSink {
  readonly #found: Diagnostic[] = [];
  readonly #options: DiagnosticSinkOptions;

  constructor(options: DiagnosticSinkOptions = {}) {
    this.#options = options;
  }

  report(code: DiagnosticCode, details: DiagnosticDetails): void {
    this.add(makeDiagnostic(code, details));
  }

  add(diagnostic: Diagnostic): void {
    const { silenced, promoted } = this.#options;
    if (diagnostic.severity !== "error" && silenced?.has(diagnostic.code)) return;
    const isPromoted = diagnostic.severity === "warning" && promoted?.has(diagnostic.code);
    this.#found.push(isPromoted ? { ...diagnostic, severity: "error" } : diagnostic);
  }

  /** All that was reported so far, in the order of reporting. */
  get diagnostics(): readonly Diagnostic[] {
    return this.#found;
  }

  get hasErrors(): boolean {
    return this.#found.some((diagnostic) => diagnostic.severity === "error");
  }

  /**
   * Ends a stage.
   * @throws CompileError with everything reported so far, sorted by location, if any of it is an error
   */
  throwIfErrors(): void {
    if (this.hasErrors) throw new CompileError(sortDiagnostics(this.#found));
  }
}

/** The user's input was refused. */
export class CompileError extends Error {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(printDiagnostic).join("\n"));
    this.name = "CompileError";
    this.diagnostics = diagnostics;
  }
}

const LOC_ORDER = ["argument", "line", "onnx", "entity", "core"] as const satisfies readonly Loc["kind"][];

/** Total order of locations: by kind, then by position. Digits in names compare as numbers, so k2 is before k10. */
export function compareLocs(a: Loc, b: Loc): number {
  const byKind = LOC_ORDER.indexOf(a.kind) - LOC_ORDER.indexOf(b.kind);
  if (byKind !== 0) return byKind;
  if (a.kind === "line" && b.kind === "line") return compareNames(a.file, b.file) || a.line - b.line;
  if (a.kind === "core" && b.kind === "core") return a.y - b.y || a.x - b.x;
  return compareNames(printLoc(a), printLoc(b));
}

/** Total order of strings in which runs of digits compare as numbers. The same on every system, whatever its locale. */
export function compareNames(a: string, b: string): number {
  const left = a.match(/\d+|\D+/g) ?? [];
  const right = b.match(/\d+|\D+/g) ?? [];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const [l = "", r = ""] = [left[i], right[i]];
    if (l === r) continue;
    const areNumbers = /^\d/.test(l) && /^\d/.test(r);
    if (areNumbers && BigInt(l) !== BigInt(r)) return BigInt(l) < BigInt(r) ? -1 : 1;
    return l < r ? -1 : 1;
  }
  return left.length - right.length;
}

/** A copy sorted by location, then code, then message. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return [...diagnostics].sort(
    (a, b) => compareLocs(a.at, b.at) || compareNames(a.code, b.code) || compareNames(a.message, b.message),
  );
}

export function printLoc(loc: Loc): string {
  switch (loc.kind) {
    case "onnx":
      return `ONNX node "${loc.node}"`;
    case "line":
      return `${loc.file}:${loc.line}`;
    case "entity":
      return loc.id;
    case "core":
      return `core(${loc.x},${loc.y})`;
    case "argument":
      return `argument ${loc.name}`;
    default:
      return loc satisfies never;
  }
}

/** Plain text of a diagnostic: one line for the message, then indented lines for place, notes and help. */
export function printDiagnostic(diagnostic: Diagnostic): string {
  const lines = [`${diagnostic.severity}[${diagnostic.code}] ${diagnostic.message}`, `  at ${printLoc(diagnostic.at)}`];
  for (const note of diagnostic.notes)
    lines.push(`  note: ${note.message}${note.at ? ` at ${printLoc(note.at)}` : ""}`);
  for (const help of diagnostic.help) lines.push(`  help: ${help}`);
  return lines.join("\n");
}
