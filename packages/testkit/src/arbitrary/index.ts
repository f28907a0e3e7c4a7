// Public surface of @waferc/testkit/arbitrary: random nouns for property tests.
export { arbitraryFrom, Choices } from "./choices.ts";
export { FormulaWriter } from "./formula-writer.ts";
export { randomExpr } from "./expr.ts";
export type { RandomScope } from "./expr.ts";
export { arbitraryProgram, randomProgram } from "./program.ts";
