// What can go wrong while a program runs. The checker refutes most of these without running; the engines detect them all the
// same, so that a program changed by hand, or a fault put into it, never passes silently.
import { declareCodes } from "@waferc/base";

export const CODES = declareCodes({
  "SIM-001": {
    title: "Program does not suit the machine",
    about:
      "The program's grid, colours, queues or microthreads are not those of the machine it is run on, or a class runs on a " +
      "dead core. Compile it for this machine.",
  },
  "SIM-002": {
    title: "Input does not suit the program",
    about:
      "An input tensor, a weight tensor or a step scalar is missing, has another size or type, or lies outside its range.",
  },
  "SIM-003": {
    title: "View out of bounds",
    about: "An instruction addressed an element outside its buffer. Nothing was written.",
  },
  "SIM-004": {
    title: "Integer out of range",
    about:
      "The value of an integer expression, or a product in it, lies outside [-2^31, 2^31) (docs/program.md section 3).",
  },
  "SIM-005": {
    title: "Operands do not agree",
    about:
      "The views of one instruction have different counts, or its shapes do not fit together (docs/program.md section 4).",
  },
  "SIM-006": {
    title: "Destination repeats or overlaps",
    about:
      "A destination view addresses an element twice, or a source overlaps the destination without being the same view " +
      "(docs/program.md section 2).",
  },
  "SIM-007": {
    title: "Colour is not bound",
    about: "A core used a colour in a direction in which no queue is bound to it. A `bind` must come first.",
  },
  "SIM-008": {
    title: "Queue cannot be bound",
    about:
      "The colour is bound to another queue of the same direction, or the queue's old colour still has an outstanding " +
      "operation (docs/program.md section 4.3).",
  },
  "SIM-009": {
    title: "Microthread is busy",
    about:
      "An instruction was issued on a microthread whose last operation has not been waited for. A `wait` must come first.",
  },
  "SIM-010": {
    title: "Colour is busy",
    about:
      "An instruction used a colour in a direction that an asynchronous operation still holds: one without a completed `wait` " +
      "(docs/program.md section 4.2).",
  },
  "SIM-011": {
    title: "Race with an asynchronous operation",
    about:
      "An instruction wrote elements that an asynchronous operation reads, or touched elements that it writes, before the " +
      "`wait` on it (docs/program.md section 4.2).",
  },
  "SIM-012": {
    title: "Wavelet has nowhere to go",
    about:
      "A routing rule sends a wavelet off the grid where there is no host stream for its colour, or over a dead link.",
  },
  "SIM-013": {
    title: "Surplus wavelet",
    about: "More wavelets of a colour left through a host port than its stream has elements.",
  },
  "SIM-014": {
    title: "Deadlock",
    about:
      "Threads wait for something that can never happen. The message lists who waits for whom, and every queue that still " +
      "holds wavelets with the reason why they stay.",
  },
  "SIM-015": {
    title: "Left over at the end",
    about: "All cores have ended, but queues still hold wavelets or host streams have not moved all their elements.",
  },
  "SIM-016": {
    title: "Run is too long",
    about: "The cycle engine counts up to 2^29 cycles in one run of an entry.",
  },
});
