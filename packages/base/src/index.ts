// Public surface of @waferc/base.
export { CODES } from "./codes.ts";
export {
  CompileError,
  compareLocs,
  compareNames,
  declareCodes,
  DiagnosticSink,
  makeDiagnostic,
  printDiagnostic,
  printLoc,
  sortDiagnostics,
} from "./diagnostics.ts";
export type {
  Diagnostic,
  DiagnosticCode,
  DiagnosticDetails,
  DiagnosticNote,
  DiagnosticSinkOptions,
  Facts,
  Loc,
  Severity,
} from "./diagnostics.ts";
export { Sha256, sha256 } from "./digest.ts";
export { stronglyConnectedComponents, topologicalSort } from "./graph-algorithms.ts";
export type { Successors, TopologicalOrder } from "./graph-algorithms.ts";
export type { Branded, Bytes, Cycles, Wavelets } from "./ids.ts";
export { enableExpensiveInvariants, expensiveInvariant, InternalError, invariant } from "./invariant.ts";
export { isBareName, isBareValueName, Lexer } from "./lexer.ts";
export type { Token, TokenKind } from "./lexer.ts";
export { formatFloat, formatInt, parseFloatText, parseInteger } from "./number-text.ts";
export type { RoundFloat } from "./number-text.ts";
export { Rng } from "./rng.ts";
export { DFIR_VERSION, TextReader } from "./text-reader.ts";
export type { SourceMap, TextReaderOptions } from "./text-reader.ts";
export { printExtents, printSymbolName, printValueName, quote, TextWriter } from "./text-writer.ts";
