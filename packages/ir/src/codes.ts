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

  // Dataflow

  "DFL-001": {
    title: "Badly numbered",
    about: "A label such as `k3` is defined twice, or kernels are not numbered from k0 without a gap.",
  },
  "DFL-002": {
    title: "Label without a definition",
    about: "A statement names a group, weight, tensor, flow or kernel that nothing defines.",
  },
  "DFL-003": {
    title: "Malformed group, weight or machine",
    about:
      "Groups and weights have names of their own, a group fits on the machine's grid, a weight has elements, and digests have 64 " +
      "hexadecimal digits or are missing.",
  },
  "DFL-004": {
    title: "Malformed sharding",
    about:
      "A sharding must have the rows and columns of its matrix, blocks that together reach the extent, and different axes for rows and " +
      "columns. Without an axis every core has all of the dimension.",
  },
  "DFL-005": {
    title: "Weights do not fit the operand",
    about:
      "A weight operand names one weight, or inside a loop one for each iteration, all with the rows and columns of its sharding.",
  },
  "DFL-006": {
    title: "Tensor used before it is made, or made twice",
    about:
      "The schedule runs from top to bottom: one kernel, or one `carry`, makes each tensor, and what uses it comes later.",
  },
  "DFL-007": {
    title: "Group mixed up",
    about: "A kernel, its tensors and the loop it is in belong to one group. Between groups tensors travel by flows.",
  },
  "DFL-008": { title: "Kernel not scheduled once", about: "Every kernel stands in the schedule exactly once." },
  "DFL-009": {
    title: "Malformed loop",
    about:
      "A loop runs at least once. What it carries has one sharding before, inside and after, and the body makes its next value.",
  },
  "DFL-010": {
    title: "Malformed flow",
    about:
      "A flow joins the host and a group, or two groups. Each group end has one kernel that reads it (without operands) or writes it, with " +
      "a tensor of the flow's rows and columns.",
  },

  // Layout

  "LAY-001": {
    title: "Region does not fit its group",
    about: "Every group of the dataflow has one region of its size, and parts name groups and flows that exist.",
  },
  "LAY-002": { title: "Region misplaced", about: "A region leaves the grid, or overlaps another one." },
  "LAY-003": {
    title: "Malformed channel",
    about: "A chain has two different colours, a broadcast one, and a group has at most one channel of each kind.",
  },
  "LAY-004": {
    title: "Bad colour number",
    about: "A colour is not one of 0 to 31. How many of them are routable is the machine's, which `check` knows.",
  },
  "LAY-005": {
    title: "Bad host port",
    about:
      "Every flow from or to the host has one port, at an outward side of an edge router; flows between groups have none.",
  },
  "LAY-006": { title: "Flow not routed once", about: "A layout with routes has exactly one for every flow." },
  "LAY-007": {
    title: "Malformed hop",
    about:
      "A hop lies on the grid, leaves by ports that differ from each other and from the one it comes in by, and is the route's only " +
      "one at its router.",
  },
  "LAY-008": {
    title: "Route does not lead from its source to its end",
    about:
      "Followed from the flow's source, the hops must reach the flow's end and nothing else, without a circle, and each hop must be on " +
      "the way. After moving a region, remove the channels, ports and routes: a floorplan is routed again.",
  },
  "LAY-009": {
    title: "Colour used twice at a router",
    about:
      "Two routes, or a route and a channel, have the same colour at one router, so that their wavelets would mix.",
  },

  // Program

  "PRG-001": {
    title: "Name used twice",
    about:
      "Two parts of one kind have the same name: tensors or entries of a program; codes, classes, streams or step scalars of " +
      "an entry; buffers, colours or parameters of a code.",
  },
  "PRG-002": {
    title: "Unusable name",
    about:
      "A name is empty, or is not one that the text form can write bare: a letter or underscore, then letters, digits, " +
      "underscores, with dots and hyphens between them. Tensors, entries and programs may have any name but the empty one.",
  },
  "PRG-003": {
    title: "Reference to nothing",
    about:
      "An index is out of range: of a buffer or colour in its code, of a code in its entry, of a tensor or kernel in the program.",
  },
  "PRG-004": {
    title: "Malformed integer expression",
    about:
      "A sum has fewer than two terms, min or max no argument, a constant is no 32-bit integer, or a divisor is not positive.",
  },
  "PRG-005": {
    title: "Variable not in scope",
    about:
      "An expression reads a name that it cannot see. Instructions see x, y, the code's parameters, the entry's step scalars and " +
      "the variables of the loops around them; preloads only x, y and parameters; class parameters only x and y. A factor that is " +
      "not a number must be a parameter of the code.",
  },
  "PRG-006": {
    title: "Malformed view",
    about: "A view has more than four dimensions, or a stride that is no 32-bit integer.",
  },
  "PRG-007": {
    title: "Views do not match",
    about:
      "The views of an instruction have different numbers of dimensions, or counts that are known to differ. `reduce` needs one " +
      "dimension more in its source; `matmul` needs [m,n], [m,k] and [k,n].",
  },
  "PRG-008": {
    title: "Types do not match",
    about: "An operand has another element type than the instruction needs, or a function is not defined for the type.",
  },
  "PRG-009": {
    title: "Operands do not make an instruction",
    about:
      "A comparison has no view among its sources, or a `forward` lacks what its function needs: `pass` takes a count and no " +
      "view, the others a view and no count.",
  },
  "PRG-010": {
    title: "Bad microthread or queue",
    about: "A microthread or queue is not a number from 0. How many there are is the machine's, which `check` knows.",
  },
  "PRG-011": {
    title: "Malformed routing rule",
    about:
      "A rule has no destination, one destination twice, its source among its destinations, or is a transit rule with the ramp as " +
      "its only destination.",
  },
  "PRG-012": {
    title: "Malformed list of rules",
    about: "An `open`, or a route that is not closed, has no rule, or the position is not one of the list.",
  },
  "PRG-013": {
    title: "Variable declared twice",
    about:
      "Loop variables, parameters and step scalars of a code have different names, and none of them is x or y. Every loop of a " +
      "code has a variable of its own.",
  },
  "PRG-014": {
    title: "Malformed buffer",
    about: "A buffer has no elements, or its address is not a multiple of 4 from 0.",
  },
  "PRG-015": {
    title: "Preload does not fit its tensor",
    about:
      "A preload has another type than its tensor, another number of start coordinates than the tensor has dimensions, or goes " +
      "along a dimension that the tensor does not have.",
  },
  "PRG-016": {
    title: "Class does not fit its code",
    about:
      "A class binds another number of colours or parameters than its code declares, or a table has another number of values than " +
      "the class has cores.",
  },
  "PRG-017": {
    title: "Malformed set of cores",
    about: "A set of cores is empty, leaves the grid, has a step below 1, or has rectangles that overlap.",
  },
  "PRG-018": {
    title: "Core in two classes",
    about: "Two classes of an entry share a core. A core runs one code in an entry.",
  },
  "PRG-019": {
    title: "Colour routed twice",
    about: "Two routes of an entry give rules for the same colour at the same router.",
  },
  "PRG-020": {
    title: "Malformed host stream",
    about:
      "A stream's port is not an outward port of an edge router, its shape has a length below 1, it has no tensor, or another " +
      "stream of the entry has the same colour at the same port.",
  },
  "PRG-021": {
    title: "Malformed range of a step scalar",
    about: "The bounds of a step scalar are no 32-bit integers, or the lower one is above the upper one.",
  },
  "PRG-022": {
    title: "Persistent buffers disagree",
    about:
      "A core has persistent buffers of one name in two entries, with different addresses, types or sizes. What survives from " +
      "entry to entry lies at one place.",
  },
  "PRG-023": {
    title: "Malformed machine or tensor",
    about:
      "The grid is not 1 to 4096 cores wide and high, a digest is not 64 hexadecimal digits, or a tensor's shape has a length below " +
      "1. The machine's digest may be missing: the program then runs on any machine of that name and grid.",
  },
  "PRG-024": {
    title: "Bad colour number",
    about: "A colour is not one of 0 to 31. How many of them are routable is the machine's, which `check` knows.",
  },
  "PRG-101": {
    title: "Not a program file",
    about:
      "The bytes are no `program.wfp`, are cut off or damaged, or have fields or values that the schema `wfp.proto` does not have.",
  },
  "PRG-102": {
    title: "Program file over budget",
    about:
      "A program file is larger than the reader is ready to read: in bytes, messages, entries, codes or classes. Programs are stored " +
      "by class, so that a whole wafer's takes a few megabytes; one that needs more probably lists cores one by one.",
  },
  "PRG-103": {
    title: "Program file of another version",
    about:
      "The file was written by another version of waferc, whose form of programs this one does not read. Compile again.",
  },
});
