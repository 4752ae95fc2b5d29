/**
 * Runs bounded deletes until one finds fewer rows than its limit, or the run has reached its own.
 * The rest is left for the next run. Returns the number of rows deleted.
 */
export async function inBatches(
  step: (limit: number) => Promise<number>,
  { size, most }: { size: number; most: number },
): Promise<number> {
  let total = 0
  while (total < most) {
    const done = await step(Math.min(size, most - total))
    total += done
    if (done < size) break
  }
  return total
}
