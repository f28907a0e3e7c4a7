// The pass interface: every step of the compiler takes a noun of one level and returns a noun of one level, never editing
// in place. What a pass needs beside its input is in its options and in `PassContext`, which is not a bag: a new need is a
// new named field. The driver verifies the output after each pass.
import type { DiagnosticSink, Rng } from "@waferc/base";
import type { Graph } from "@waferc/ir/graph";

/** The program levels and their nouns. */
export interface LevelNouns {
  readonly graph: Graph;
}

export type Level = keyof LevelNouns;
export type Noun<L extends Level> = LevelNouns[L];

/** What holds of a noun; passes require and establish properties instead of "run X before Y". */
export type Property =
  /** Every dimension is a number. */
  | "dims-bound"
  /** Every value has a dtype and a shape. */
  | "shapes-known"
  /** No op has only constant operands, and no shape arithmetic is left. */
  | "constants-folded"
  /** Norms, activations, rotary embedding and attention are single ops; view chains are minimal. */
  | "canonical";

/** One option of a pass, as the command line and the dumps show it. */
export interface PassOption<T> {
  readonly type: "number" | "string" | "boolean" | "table";
  readonly byDefault: T;
  readonly unit?: string;
  readonly legal?: string;
  /** One sentence. */
  readonly about: string;
}

export type OptionTable<Opts> = { readonly [K in keyof Opts]-?: PassOption<Opts[K]> };

/** Named counts that a pass reports, such as how many ops it recognised. */
export interface PassStats {
  add(name: string, amount: number): void;
}

export interface PassContext {
  readonly diag: DiagnosticSink;
  /** Forked by pass name. */
  readonly rng: Rng;
  readonly stats: PassStats;
}

export interface Pass<I extends Level, O extends Level, Opts> {
  /** kebab-case; also its name on the command line, in logs and filetests. */
  readonly name: string;
  readonly from: I;
  readonly to: O;
  /** One line, shown by `waferc passes`. */
  readonly summary: string;
  readonly requires: readonly Property[];
  readonly establishes: readonly Property[];
  readonly options: OptionTable<Opts>;
  run(input: Noun<I>, options: Opts, ctx: PassContext): Noun<O>;
}

/** For passes without options. */
export type NoOptions = Readonly<Record<never, never>>;

/** The default of every option of a pass. */
export function defaultOptions<Opts>(table: OptionTable<Opts>): Opts {
  const entries = Object.entries<PassOption<unknown>>(table).map(([name, option]) => [name, option.byDefault] as const);
  return Object.fromEntries(entries) as Opts;
}

/** Counts kept in a map, in the order of first use. */
export class CountedStats implements PassStats {
  readonly counts = new Map<string, number>();

  add(name: string, amount: number): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + amount);
  }
}
