// Diagnostic codes of the command line and its artefacts (CLI-*).
import { declareCodes } from "@waferc/base";

export const CODES = declareCodes({
  "CLI-001": {
    title: "File cannot be read",
    about: "A file named on the command line is missing, is a directory, or may not be read. Check the path.",
  },
  "CLI-002": {
    title: "Input data does not fit the model",
    about:
      "An input was not given, is not an input of the model, or has another shape or type than the compiled program takes. A program has fixed " +
      "shapes: compile once more with `--shapes-from CASE` to run another length.",
  },
  "CLI-003": {
    title: "Not a compiled directory",
    about:
      "The directory lacks manifest.json or one of the files it lists, a file's digest differs from the one in the manifest, or the directory was " +
      "written by a waferc with another schema. Compile again.",
  },
  "CLI-004": {
    title: "Output directory cannot be written",
    about:
      "The output path is a file, holds files that waferc did not write, lies in a read-only place, or a rename failed. Nothing was changed.",
  },
  "CLI-005": {
    title: "Case is broken",
    about: "A case folder has no input_0.pb, .npy or .npz, or a file in it cannot be decoded.",
  },
  "CLI-006": {
    title: "No tokenizer",
    about: "eval needs tokenizer.json beside the model when it is compiled; it is copied into the compiled directory.",
  },
  "CLI-007": {
    title: "Questions file is broken",
    about: 'Each line of the file must be a JSON object with the strings "prompt" and "answer".',
  },
  "CLI-008": {
    title: "Prompt is too long",
    about: "The prompt has more tokens than the sequence length the model was compiled for.",
  },
  "CLI-009": {
    title: "Dump cannot be resumed",
    about:
      "The dump does not parse, lacks a section or a file of data that later phases need, or is of a phase that cannot be resumed.",
  },
  "CLI-010": {
    title: "Option has an illegal value",
    about: "An option's value is not one of the legal ones; the message lists them.",
  },
  "CLI-011": {
    title: "Wrong usage",
    about:
      "The command line names a verb or an option that waferc does not have, or leaves out one that it needs. `waferc VERB --help` shows an example.",
  },
  "CLI-012": {
    title: "Model cannot be evaluated",
    about: "The reference evaluator met data that breaks an operator's rules, such as an index out of range.",
  },
  "CLI-013": {
    title: "Operator stays on the host",
    about:
      "With `--require-full` every operator must run on the mesh. Each one that does not is listed with the reason; without the option the host runs it.",
  },
  "CLI-070": {
    title: "Internal error",
    about:
      "A bug of waferc. The message names a folder with the command, the versions, the stack and the input files; send it along with the report.",
  },
});
