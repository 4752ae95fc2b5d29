const LINES_A_CHUNK = 1000
/** The API accepts 1 MiB. */
const BYTES_A_CHUNK = 1_000_000

/**
 * Splits the lines of a file into chunks that the API accepts. `first` is the number of lines
 * before a chunk.
 */
export function* chunks(all: readonly string[]): Generator<{ first: number; lines: string[] }> {
  let lines: string[] = []
  let bytes = 0
  let first = 0
  for (const [at, line] of all.entries()) {
    const size = Buffer.byteLength(line) + 1
    if (lines.length > 0 && (lines.length === LINES_A_CHUNK || bytes + size > BYTES_A_CHUNK)) {
      yield { first, lines }
      ;[lines, bytes, first] = [[], 0, at]
    }
    lines.push(line)
    bytes += size
  }
  if (lines.some((line) => line.trim() !== '')) yield { first, lines }
}
