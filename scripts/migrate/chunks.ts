/** NDJSON in pieces that POST /api/v1/admin/import takes: at most 1,000 lines and 1 MiB each. */
const MAX_LINES = 1000
const MAX_BYTES = 1024 * 1024

export function inChunks(lines: readonly string[]): string[] {
  const chunks: string[] = []
  let chunk = ''
  let [count, bytes] = [0, 0]
  for (const line of lines) {
    const size = new TextEncoder().encode(line).length + 1
    if (count > 0 && (count === MAX_LINES || bytes + size > MAX_BYTES)) {
      chunks.push(chunk)
      chunk = ''
      count = bytes = 0
    }
    chunk += `${line}\n`
    count += 1
    bytes += size
  }
  return count > 0 ? [...chunks, chunk] : chunks
}
