// Diagnostic codes of the ONNX reader. ONX-0xx: the file is broken (exit 5). ONX-1xx: the file is sound, but waferc does
// not support what it holds (exit 4). ONX-2xx: oddities that are tolerated, as warnings.
import { declareCodes, type Diagnostic } from "@waferc/base";

export const CODES = declareCodes({
  "ONX-001": {
    title: "Not an ONNX file",
    about:
      "The first bytes show that the file is something else: an archive, a web page, a Git LFS pointer, text. Pass the .onnx file itself.",
  },
  "ONX-002": {
    title: "Broken protobuf",
    about:
      "The bytes do not follow the protobuf wire format, or a field has another wire type than the ONNX schema gives it. The message names the place in " +
      "the message tree and the byte offset. Mostly the file was cut off: compare its length with the original.",
  },
  "ONX-003": {
    title: "Model without a graph",
    about: "The file decodes, but has no graph. A single TensorProto (.pb) decodes like that, too.",
  },
  "ONX-004": {
    title: "Opset import missing",
    about:
      "A node uses a domain for which the model imports no opset, so the version of its operators is unknown. From IR version 3 on, a model must " +
      "import the default domain.",
  },
  "ONX-005": {
    title: "Node without op type or results",
    about: "Each node must name its operator and produce at least one result.",
  },
  "ONX-006": {
    title: "Value defined twice",
    about:
      "ONNX graphs are in single-assignment form: a name may be an input, an initialiser or the result of one node, once.",
  },
  "ONX-007": {
    title: "Undefined value",
    about: "A node or a graph output reads a name that no input, initialiser or node defines.",
  },
  "ONX-008": {
    title: "Cycle",
    about: "Nodes wait for each other in a circle. The message lists the nodes of one circle.",
  },
  "ONX-009": {
    title: "Broken tensor",
    about:
      "The tensor's data do not fit its type and dims: too few or too many bytes, data in more than one field, a negative or enormous dimension, " +
      "or no data at all.",
  },
  "ONX-010": {
    title: "Broken attribute",
    about:
      "An attribute has no value, more than one, a value of another type than it states, or a name that the node uses twice.",
  },
  "ONX-011": {
    title: "External data cannot be read",
    about:
      "The tensor's bytes are in another file, and that file is missing, too short, or outside the model's folder. Locations must be relative and must not " +
      "leave the folder.",
  },
  "ONX-012": {
    title: "Broken graph input or output",
    about: "A graph input needs a name and a type; a name may occur once.",
  },
  "ONX-013": {
    title: "Broken function",
    about:
      "A model-local function needs a name of its own (with its domain and overload), declares each attribute once, and cannot be called with more operands or " +
      "results than it has.",
  },
  "ONX-014": {
    title: "Recursive functions",
    about:
      "Functions call each other in a circle, directly or from nested graphs. The message lists the functions of one circle. ONNX has no recursion: such a model " +
      "has no finite form.",
  },
  "ONX-015": {
    title: "Node against its operator's schema",
    about:
      "A node leaves out operands, results or attributes that its operator needs, or has an attribute of another type.",
  },
  "ONX-101": {
    title: "Unsupported operator",
    about:
      "Neither a kernel template nor the reference evaluator knows the operator in the imported version. All such nodes of the model are listed, grouped by operator. " +
      "`waferc ops` prints what is supported.",
  },
  "ONX-102": {
    title: "Unsupported element type",
    about: "A tensor or a value has an element type that waferc cannot hold, such as complex numbers or strings.",
  },
  "ONX-103": {
    title: "Unsupported value type",
    about: "Sequences, maps, optionals and sparse tensors are not supported as graph inputs or initialisers.",
  },
  "ONX-104": {
    title: "Unsupported model part",
    about:
      "The model uses a part of the format that waferc does not read, such as attributes that are lists of sparse tensors.",
  },
  "ONX-105": {
    title: "Model over budget",
    about:
      "The file is nested deeper, has more elements, inlines functions into more nodes, or makes larger dense tensors of sparse ones than the budget allows. Honest " +
      "models are far below it.",
  },
  "ONX-106": {
    title: "Unsupported form of an operator",
    about: "A node has more operands or results than waferc knows of its operator.",
  },
  "ONX-201": {
    title: "Nodes not in order",
    severity: "warning",
    about: "ONNX wants nodes in topological order. waferc sorts them; other tools may refuse the file.",
  },
  "ONX-202": {
    title: "Unknown IR version",
    severity: "warning",
    about: "The model has a newer IR version than waferc knows. What waferc reads has kept its meaning so far.",
  },
  "ONX-203": {
    title: "Operator outside its opset",
    severity: "warning",
    about:
      "The operator exists, but not in the imported opset. onnxruntime writes LayerNormalization so. waferc takes the oldest version of the operator.",
  },
  "ONX-204": {
    title: "Name hides an outer one",
    severity: "warning",
    about:
      "A nested graph defines a name that a graph around it has, too, which ONNX forbids. Inside the nested graph its own value is meant.",
  },
  "ONX-205": {
    title: "Opset import implied",
    severity: "warning",
    about:
      "A domain is not imported, but only one version can be meant: com.microsoft, the domain of a model-local function, or a domain that the model imports and " +
      "its function does not.",
  },
  "ONX-206": {
    title: "Opset imported twice",
    severity: "warning",
    about: "A domain is imported in several versions. waferc takes the highest.",
  },
  "ONX-207": {
    title: "Output listed twice",
    severity: "warning",
    about:
      "A value is listed twice among the graph outputs. The second output gets a name of its own, so that both can be asked for.",
  },
  "ONX-208": {
    title: "Formal fault without consequence",
    severity: "warning",
    about:
      "The file breaks a formal rule of ONNX that changes nothing for waferc: a graph without a name, a metadata key given twice, no IR version, or an initialiser " +
      "that is not an input in a file of IR version 3.",
  },
});

/** 5 if any error says that the file is broken, else 4 if any says that it is not supported, else 0. */
export function exitCodeOf(diagnostics: readonly Diagnostic[]): 0 | 4 | 5 {
  const errors = diagnostics.filter((one) => one.severity === "error" && one.code.startsWith("ONX-"));
  if (errors.some((one) => one.code.startsWith("ONX-0"))) return 5;
  return errors.length > 0 ? 4 : 0;
}
