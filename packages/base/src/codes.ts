// Diagnostic codes of the text form, which every IR level reads and writes through this package.
import { declareCodes } from "./diagnostics.ts";

export const CODES = declareCodes({
  "TXT-001": {
    title: "Unexpected text",
    about:
      "The reader of a `.dfir` file expected something else at this place. Only the first error of a statement is " +
      "reported; reading goes on at the next statement. `docs/dfir.md` has the grammar.",
  },
  "TXT-002": {
    title: "Unsupported format",
    about:
      "The first line of a `.dfir` section must be `dfir`, the format version and the level. This version of waferc " +
      "reads version 1 only, and each command reads only the levels it names.",
  },
});
