/**
 * Deletes in bounded statements until one finds less than it may take, or the run has had enough:
 * what is left waits for the next turn. Returns how many rows went.
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
