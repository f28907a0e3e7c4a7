// Diagnostic codes of the compiler, a section for each folder. docs/diagnostics.md is generated from them.
import { declareCodes } from "@waferc/base";

export const CODES = declareCodes({
  // Passes

  "PAS-001": {
    title: "Dimension not bound",
    about:
      "A compiled program has fixed shapes, so every symbolic dimension of the model needs a value: `--dim NAME=N`, or `--shapes-from CASE`. Dimensions that " +
      "follow from others are solved. The help line has a command with all of them.",
  },
  "PAS-002": {
    title: "Unknown dimension",
    about:
      "A dimension is bound that the model does not have; mostly its name is misspelt. The notes list the model's dimensions and where they occur.",
  },
  "PAS-003": {
    title: "Bad dimension",
    about: "The length that a dimension is bound to is not a whole number from 0, or contradicts other dimensions.",
  },
  "PAS-004": {
    title: "Unknown input",
    about: "An input is pinned that the model does not have. The notes list the model's inputs.",
  },
  "PAS-005": {
    title: "Pinned value does not fit",
    about: "The value that an input is pinned to has another element type or shape than the input.",
  },
  "PAS-006": {
    title: "Op breaks its rules",
    about:
      "Shape inference found operands that the operator does not allow: shapes that do not fit each other, a missing attribute, a wrong element type. With bound " +
      "dimensions this can also mean that the model does not work for these lengths.",
  },
  "PAS-007": {
    title: "Declared type is wrong",
    severity: "warning",
    about: "The file declares a type for a value that inference contradicts. The inferred type is used.",
  },
  "PAS-008": {
    title: "One name for two lengths",
    severity: "warning",
    about:
      "The file gives two dimensions of its inputs the same name, but the case's inputs have different lengths there. Each place is bound alone, which can also be " +
      "written as `--dim INPUT.AXIS=LENGTH`.",
  },

  // Partition

  "PAR-001": {
    title: "Op cannot follow the host",
    about:
      "The mesh is entered once and left once. This op computes in f32, so it belongs on the mesh, but it needs a result of an op that the host runs after the mesh, " +
      "because the mesh cannot run that one. The note says why; the first such op is the one to look at.",
  },
  "PAR-002": {
    title: "Nothing runs on the mesh",
    about: "Not one op of the model can run on the mesh. The notes list the ops with the reasons.",
  },

  // Lower

  "LOW-001": {
    title: "Model does not fit",
    about:
      "On every region that was tried a core needs more SRAM for instructions, weights and activations than it has. The numbers are those of the region that came " +
      "closest; the notes list what lies in the fullest core when it is fullest. Fewer tokens need smaller activations, a larger region or machine leaves less of everything on " +
      "each core.",
  },
  "LOW-002": {
    title: "No region without dead cores",
    about:
      "The machine has no rectangle of live cores and links that a group could use. Every size that was tried is listed.",
  },

  // Place

  "PLC-001": {
    title: "Group fits nowhere",
    about:
      "No rectangle of the group's size is free of dead cores, dead links and keep-outs, or its pin is not such a place. A smaller region, another pin or a larger machine helps.",
  },
  "PLC-002": {
    title: "Groups do not fit together",
    about:
      "Each group has a place of its own, but no placement without overlap was found. Fewer or smaller groups, or a larger machine, need less room.",
  },
  "PLC-003": {
    title: "Unknown placement algorithm",
    about: "The named algorithm does not exist; the help line lists those that do.",
  },
  "PLC-004": {
    title: "Bad pin",
    about:
      "A pinned group would lie off the grid, on dead cores or links, on a keep-out, or over another pinned group.",
  },

  // Route

  "RTE-001": {
    title: "Channels need more colours than there are",
    about: "The chains and trees that the kernels of one region use need more colours than the machine has.",
  },
  "RTE-002": {
    title: "Flow cannot be routed",
    about:
      "For no colour is there a path from the flow's source to its end along which the colour is free at every router. The notes list what takes the colours. Fewer flows, regions " +
      "nearer to the host's side, or more colours help.",
  },

  // Assemble

  "ASM-001": {
    title: "Too many colours for a core's queues",
    about:
      "A core reads and writes colours through its few queues, and the code of a region's root needs one for each flow beside those of the channels. Fewer graph inputs on the mesh, or " +
      "more groups, need fewer.",
  },
  "ASM-002": {
    title: "Code and buffers do not fit in SRAM",
    about:
      "The instructions and the buffers that are alive at the same time need more bytes than a core has. The notes list the largest users; a larger region or machine, or fewer " +
      "tokens, needs less on each core.",
  },
  "ASM-003": {
    title: "Channel or flow without a colour",
    about:
      "The layout lacks a channel or a route that the emitted code uses, mostly after an edit of a dump. Route it again from its floorplan.",
  },
});
