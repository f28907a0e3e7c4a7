// Diagnostic codes of machine descriptions.
import { declareCodes } from "@waferc/base";

export const CODES = declareCodes({
  "MCH-001": {
    title: "Unknown machine",
    about: "No machine file has this name. `waferc arch list` prints the names; the nearest one is suggested.",
  },
  "MCH-002": {
    title: "Unknown field in an override",
    about:
      "An override `PATH=VALUE` names a field by its path in the machine file, such as `core.sramBytes`. Only single values " +
      "can be overridden, not groups. `waferc arch show MACHINE` prints every path.",
  },
  "MCH-003": {
    title: "Malformed override",
    about: 'An override is `PATH=VALUE`, where the value is JSON: `core.sramBytes=65536`, `hostSides=["west"]`.',
  },
  "MCH-004": {
    title: "Machine description does not fit its schema",
    about:
      "A field of the machine file is missing, has the wrong type or is out of range, or a number has neither a `source` nor " +
      "`assumed` with a `note`. The schema is `packages/machine/src/machine.schema.json`.",
  },
  "MCH-005": {
    title: "Defect outside the grid",
    about: "A dead core or link lies outside the machine's width and height.",
  },
  "MCH-006": {
    title: "No core for programs",
    about: "The rows and columns of reserved cores leave none on which a program could run.",
  },
});
