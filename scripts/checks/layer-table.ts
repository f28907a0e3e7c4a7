// Who may import whom: the one table, and the prohibitions that it cannot say. docs/architecture.md explains it.

/** For each package, the packages that its sources may import. */
export const ALLOWED_IMPORTS: ReadonlyMap<string, readonly string[]> = new Map([
  ["base", []],
  ["numerics", ["base"]],
  ["machine", ["base"]],
  ["ir", ["base", "numerics", "machine"]],
  ["ops", ["base", "numerics", "ir"]],
  ["onnx", ["base", "numerics", "ir", "ops"]],
  ["kernels", ["base", "numerics", "machine", "ir"]],
  ["compiler", ["base", "numerics", "machine", "ir", "ops", "kernels"]],
  ["check", ["base", "numerics", "machine", "ir"]],
  ["sim", ["base", "numerics", "machine", "ir"]],
  ["waferc", ["base", "numerics", "machine", "ir", "ops", "onnx", "kernels", "compiler", "check", "sim"]],
  ["testkit", ["base", "numerics", "machine", "ir", "ops", "onnx", "kernels", "compiler", "check", "sim"]],
]);

/** Packages that are evidence see only these levels of `ir`: what they judge must not come from the compiler's side. */
export const ALLOWED_IR_LEVELS: ReadonlyMap<string, readonly string[]> = new Map([
  ["check", ["layout", "program", "trace"]],
  ["sim", ["program", "trace"]],
]);

/** Folders of `compiler` that meet in `ir` only. */
export const COMPILER_FOLDERS = ["passes", "partition", "lower", "place", "route", "assemble"] as const;

/** Packages that may use the operating system, the clock, the environment and the console. */
export const PLATFORM_PACKAGES: readonly string[] = ["waferc", "testkit"];

/** What a test file may import in addition. */
export const TEST_IMPORTS: readonly string[] = ["vitest", "fast-check"];

/** Known violations, each with the issue that removes it. May only shrink. */
export const LAYER_DEBT: readonly { readonly path: string; readonly specifier: string; readonly issue: string }[] = [];
