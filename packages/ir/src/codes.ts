// Diagnostic codes of the IR levels, a section for each. docs/diagnostics.md is generated from them.
import { declareCodes } from "@waferc/base";

export const CODES = declareCodes({
  // Graph

  "GRA-001": {
    title: "Defined twice",
    about:
      "Two statements define the same value, or two inputs or constants share a name. Rename or remove one of them.",
  },
  "GRA-002": {
    title: "Used before it is defined",
    about:
      "A value is used where it is not visible: no statement defines it, its op comes later, or it belongs to a block " +
      "that the user is not in. Ops are in topological order, and a block sees only the blocks around it.",
  },
  "GRA-003": {
    title: "Opset not imported",
    about:
      "An op's domain is missing in the graph's opsets, or is imported at a version older than the op. Add an `opset` " +
      "statement, or raise its version.",
  },
  "GRA-004": {
    title: "Bad length",
    about: "A shape has a negative length or a symbol without a name.",
  },
  "GRA-005": {
    title: "Constant and data disagree",
    about: "The dtype or shape of a constant differs from that of its data, or the data has the wrong number of bytes.",
  },
  "GRA-006": {
    title: "Bad output name",
    about: "An output has no name, or two outputs have the same one. Outputs are told apart by their names.",
  },
  "GRA-012": {
    title: "Op breaks its definition",
    about:
      "An op has operands, results, attributes or shapes that its ONNX definition does not allow. The message says " +
      "which; `waferc ops` lists the definitions that waferc knows.",
  },
});
