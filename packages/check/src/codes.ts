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
      "An instruction reads elements that it also writes, and the views are not identical. For `matmul` not even identical views are legal.",
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
