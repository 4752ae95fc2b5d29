/** What the kernel tells of the workerd that this process started (Linux only; undefined elsewhere). */
import { readdirSync, readFileSync } from 'node:fs'

const TICK_MS = 10

interface Child {
  readonly pid: number
  readonly cpuMs: number
}

/** What /proc tells of a process; undefined if there is none. */
function statOf(pid: number | string) {
  const stat = read(`/proc/${pid}/stat`)
  if (stat === '') return undefined
  // The name stands in parentheses and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return {
    isWorkerd: stat.includes('(workerd)'),
    parent: Number(fields[1]),
    cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS,
  }
}

function children(): Child[] {
  try {
    return readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry))
      .flatMap((entry) => {
        const stat = statOf(entry)
        if (!stat?.isWorkerd || stat.parent !== process.pid) return []
        return [{ pid: Number(entry), cpuMs: stat.cpuMs }]
      })
  } catch {
    return []
  }
}

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** CPU that workerd has used so far, user and system, in milliseconds. */
export const cpuMs = (): number | undefined => children()[0]?.cpuMs

/** The same of another process. */
export const cpuMsOf = (pid: number): number | undefined => statOf(pid)?.cpuMs

const statusMib = (name: string): number | undefined => {
  const [child] = children()
  const [, kib] =
    new RegExp(`${name}:\\s+(\\d+) kB`).exec(child ? read(`/proc/${child.pid}/status`) : '') ?? []
  return kib === undefined ? undefined : Math.round(Number(kib) / 102.4) / 10
}

/** Memory of workerd now, in MiB. */
export const memoryMib = (): number | undefined => statusMib('VmRSS')

/** Runs something and tells the most memory that workerd had meanwhile, in MiB, and the time it took. */
export async function watched<T>(
  work: () => Promise<T>,
): Promise<{ result: T; ms: number; peak_mib: number | null }> {
  let peak = memoryMib() ?? 0
  const timer = setInterval(() => {
    peak = Math.max(peak, memoryMib() ?? 0)
  }, 50)
  const start = performance.now()
  try {
    const result = await work()
    return { result, ms: Math.round(performance.now() - start), peak_mib: peak || null }
  } finally {
    clearInterval(timer)
  }
}
