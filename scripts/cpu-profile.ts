/** What of a V8 CPU profile is read here. */
export interface CpuProfile {
  readonly nodes: readonly { id: number; callFrame: { functionName: string } }[]
  readonly samples: readonly number[]
  /** Microseconds from the sample before. */
  readonly timeDeltas: readonly number[]
}

/**
 * The time of the samples in which the program ran, in milliseconds. The profiler takes none while it is
 * idle and gives the whole wait to the sample that ends it, and so it does when another process has the
 * core: a sample counts for two of the usual intervals at most.
 */
export function busyMs({ nodes, samples, timeDeltas }: CpuProfile): number {
  const idle = nodes.find(({ callFrame }) => callFrame.functionName === '(idle)')?.id
  const most = 2 * quantile(timeDeltas, 0.5)
  const busy = timeDeltas.filter((_, at) => samples[at] !== idle)
  return busy.reduce((sum, delta) => sum + Math.min(delta, most), 0) / 1000
}

/** The value below which this share of the numbers lies. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.floor(share * (sorted.length - 1))] ?? 0
}
