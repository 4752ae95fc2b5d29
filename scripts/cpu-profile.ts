/** What of a V8 CPU profile is read here. */
export interface CpuProfile {
  readonly nodes: readonly { id: number; callFrame: { functionName: string } }[]
  readonly samples: readonly number[]
  /** Microseconds from the sample before. */
  readonly timeDeltas: readonly number[]
}

/** V8's default sampling interval. */
const INTERVAL_US = 1000

/**
 * The time of the samples in which the program ran, in milliseconds. The profiler takes none while it is
 * idle or another process has the core, and gives the whole wait to the next sample: a sample counts for
 * two intervals at most. Not for two of the median, which grows with the other work on the machine.
 */
export function busyMs({ nodes, samples, timeDeltas }: CpuProfile): number {
  const idle = nodes.find(({ callFrame }) => callFrame.functionName === '(idle)')?.id
  const most = 2 * INTERVAL_US
  const busy = timeDeltas.filter((_, at) => samples[at] !== idle)
  return busy.reduce((sum, delta) => sum + Math.min(delta, most), 0) / 1000
}
