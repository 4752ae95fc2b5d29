/**
 * Splits NDJSON into chunks that POST /api/v1/admin/import accepts: at most 1,000 lines and 1 MiB
 * each, and no more password hashes than it checks in one request
 * (src/user-admin/import-hashes.ts).
 */
const MAX_LINES = 1000
const MAX_BYTES = 1024 * 1024
const MAX_HASH_MS = 10_000

/** `hashMs` estimates the CPU time in milliseconds for the hash of the line at an index. */
export function inChunks(lines: readonly string[], hashMs: (index: number) => number = () => 0) {
  const chunks: string[] = []
  let chunk = ''
  let [count, bytes, ms] = [0, 0, 0]
  for (const [index, line] of lines.entries()) {
    const size = new TextEncoder().encode(line).length + 1
    const cost = hashMs(index)
    const isFull = count === MAX_LINES || bytes + size > MAX_BYTES || ms + cost > MAX_HASH_MS
    if (count > 0 && isFull) {
      chunks.push(chunk)
      chunk = ''
      count = bytes = ms = 0
    }
    chunk += `${line}\n`
    count += 1
    bytes += size
    ms += cost
  }
  return count > 0 ? [...chunks, chunk] : chunks
}
