// Diagnostic codes of numerics: files of numbers that cannot be read.
import { declareCodes } from "@waferc/base";

export const CODES = declareCodes({
  "NUM-001": {
    title: "Broken .npy file",
    about:
      "The file does not follow the .npy format (numpy's `numpy/lib/format.py`): a wrong magic number or header, or fewer bytes " +
      "than its shape needs. Write it again with `numpy.save`.",
  },
  "NUM-002": {
    title: "Unsupported .npy element type",
    about:
      "The element type of the file has no tensor type here: Python objects, dates and structured records are examples. " +
      "Convert the array first, for example with `array.astype(numpy.float32)`.",
  },
  "NUM-003": {
    title: "Broken .npz archive",
    about:
      "The file is not a zip archive, is cut off, or an entry is packed with another method than `stored` or `deflate`. Write it " +
      "again with `numpy.savez` or `numpy.savez_compressed`.",
  },
});
