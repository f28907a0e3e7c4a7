// Diagnostic codes of the checker, by subject. The rules themselves are numbered in the files of the subjects.
import { declareCodes } from "@waferc/base";

export const CODES = declareCodes({
  // Memory: memory.ts

  "MEM-001": {
    title: "Core memory exceeded",
    about:
      "The buffers of a code and its instructions, which take the top of SRAM, do not fit together. Use more cores, shorter tiles, or " +
      "share addresses between buffers that are not alive at the same time.",
  },
  "MEM-002": {
    title: "Buffers overlap",
    about:
      "Two buffers share addresses while both are alive. A buffer lives from its first to its last access in code order, through a loop if its " +
      "first access there reads, from the start if it is preloaded, always if it is persistent.",
  },
  "MEM-003": {
    title: "View leaves its buffer",
    about: "On some core, in some iteration, a view addresses an element before or behind its buffer.",
  },
  "MEM-004": {
    title: "Destination has an element twice",
    about: "A view that is written addresses the same element twice, so that the result would depend on the order.",
  },
  "MEM-005": {
    title: "Source overlaps destination",
    about:
      "An instruction reads elements that it also writes, and the views are not identical. For `matmul`, `gather` and `scatter` not even " +
      "identical views are legal.",
  },
  "MEM-006": {
    title: "Counts differ",
    about: "On some core, in some iteration, the views of an instruction have different counts.",
  },
  "MEM-007": {
    title: "Preload misplaced",
    about: "A preload leaves its buffer, writes an element twice, or has an expression that leaves 32 bits.",
  },
  "MEM-008": {
    title: "Integer out of range",
    about: "On some core, in some iteration, a result in an integer expression is outside [-2^31, 2^31).",
  },

  "MEM-009": {
    title: "Persistent buffer overwritten",
    about:
      "An entry has a buffer or instructions where another entry keeps a persistent buffer of the same core. Give it other addresses, or declare it.",
  },

  // The machine and where rules lead: routing.ts

  "CHK-001": {
    title: "Program is for another grid",
    about: "The machine has another number of rows or columns of cores than the program was made for.",
  },
  "CHK-002": {
    title: "Colour does not exist",
    about: "A class, route or stream uses a colour that the machine cannot route.",
  },
  "CHK-003": {
    title: "Too many switch positions",
    about: "A list of routing rules is longer than a router of the machine can hold.",
  },
  "CHK-004": { title: "Queue does not exist", about: "A `bind` names a queue that cores of the machine do not have." },
  "CHK-005": {
    title: "Microthread does not exist",
    about: "An instruction is issued on, or waits for, a microthread that cores of the machine do not have.",
  },
  "CHK-006": {
    title: "Dead core runs code",
    about: "A class has a core that the machine declares dead. Its router works, its core does not.",
  },
  "CHK-007": {
    title: "Route over a dead link",
    about: "A rule sends wavelets over a link that the machine declares dead.",
  },
  "CHK-008": {
    title: "Route leaves the grid",
    about: "A rule sends wavelets off the grid at a port where no `out` stream of its colour takes them.",
  },
  "CHK-009": {
    title: "No host port",
    about:
      "A host stream is at a port that the machine does not have: it has them at the edge routers of some sides only.",
  },
  "CHK-010": {
    title: "Two lists of rules",
    about: "Two routes give rules for one colour at one router, so that it could have two source ports at a time.",
  },

  "CHK-013": {
    title: "Reserved core runs code",
    about:
      "A class has a core that the machine keeps for its runtime's transfers. Its router works, its core does not belong to programs.",
  },

  // Lists of several rules: switches.ts

  "CHK-011": {
    title: "Colour cannot switch",
    about: "A list of routing rules has several positions, but routers of the machine have one for this colour.",
  },
  "CHK-012": {
    title: "Switch changes too much",
    about:
      "A switch position has another source and other destinations than the one before it. Routers of the machine change one of them at a " +
      "time: put a position in between, and advance twice.",
  },

  // Flows recovered from rules: flows.ts

  "CHK-020": {
    title: "Flow misses an end",
    about: "A core or an `out` stream takes a colour, but the rules lead no source of that colour there.",
  },
  "CHK-021": {
    title: "Flow has an end too many",
    about: "The rules deliver a colour to a core that takes none of it, so that its wavelets stay in the queue.",
  },
  "CHK-022": {
    title: "Rules form a circle",
    about: "The rules of a colour lead in a circle, so that nothing can enter or leave.",
  },
  "CHK-023": {
    title: "Flow is cut off",
    about: "Wavelets of a colour arrive at a router on a port from which its rule does not take them.",
  },
  "CHK-024": {
    title: "Sender has no route",
    about: "A core sends a colour, but its router has no rule that takes the colour from the ramp.",
  },
  "CHK-025": {
    title: "Sends and receives differ",
    about: "An end of a flow takes fewer or more wavelets in the whole entry than the flow's source sends.",
  },

  // The order of a code: races.ts

  "CHK-030": {
    title: "Colour is not bound",
    about: "A core uses a colour in a direction in which none of its queues is bound to it. A `bind` must come first.",
  },
  "CHK-031": {
    title: "Colour is bound twice",
    about: "A core binds a colour to a queue while another queue of the same direction is bound to it.",
  },
  "CHK-040": {
    title: "Race with an asynchronous operation",
    about:
      "An instruction writes an element that an asynchronous operation reads, or touches one that it writes, before the `wait` on it.",
  },
  "CHK-041": {
    title: "Microthread is busy",
    about: "An operation is issued on a microthread whose last one has not been waited for.",
  },
  "CHK-042": {
    title: "Colour is busy",
    about:
      "A colour is used, or its queue bound anew, in a direction in which an asynchronous operation on it has not been waited for.",
  },
  "CHK-043": {
    title: "No wait up to the end",
    severity: "warning",
    about:
      "An asynchronous operation is not waited for up to the end of the code. The entry ends when the operation has ended.",
  },

  // Deadlock: tokens.ts

  "DLK-001": {
    title: "Deadlock",
    about:
      "Threads and routers wait for each other in a circle, with the queue capacities of the machine. The notes name who waits for whom. Larger " +
      "queues or another order of instructions may help.",
  },
  "DLK-002": {
    title: "Surplus wavelets",
    about: "More wavelets are sent than taken: some are left in queues, or a sender waits for room that nobody makes.",
  },
  "DLK-003": { title: "Missing wavelets", about: "A core waits for wavelets that nobody sends any more." },
  "DLK-004": {
    title: "Stream not complete",
    about: "A host stream moves fewer or more wavelets than its tensor has elements.",
  },
  "DLK-005": {
    title: "Open and close do not pair",
    about:
      "A core opens a colour that is never closed at its router, or wavelets wait at a router that is not opened again.",
  },
  "DLK-006": {
    title: "Queue is never free",
    about:
      "A queue is bound to another colour, but the old one is never closed at this router, or its wavelets never leave the queue.",
  },
  "DLK-007": {
    title: "Wavelets go round in a circle",
    about: "Rules of a switched colour lead wavelets round and round.",
  },

  // All

  "CHK-900": {
    title: "Not decided",
    severity: "warning",
    about:
      "A rule could not be decided within the budget. The verdict is `undecided` unless other rules are broken. A larger budget may decide it.",
  },
});
