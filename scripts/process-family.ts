/** Finds the descendants of a process, and which of them still run, by `ps` on Linux and macOS. */
import { spawnSync } from 'node:child_process'

export interface Process {
  pid: number
  parent: number
  state: string
  command: string
}

function processes(): Process[] {
  const { stdout } = spawnSync('ps', ['-eo', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' })
  return Array.from(
    stdout.matchAll(/^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/gm),
    ([, pid, parent, state = '', command = '']) => ({
      pid: Number(pid),
      parent: Number(parent),
      state,
      command,
    }),
  )
}

/** Returns the process itself and all its descendants. */
export function familyOf(pid: number | undefined): Process[] {
  const all = processes()
  const family = all.filter((process) => process.pid === pid)
  // The list grows during the loop, so children of children follow.
  for (const { pid: parent } of family) family.push(...all.filter((one) => one.parent === parent))
  return family
}

/** Returns those that still run. A zombie has ended, but its parent has not collected it yet. */
export function runningOf(family: Process[]): Process[] {
  const now = new Map(processes().map((process) => [process.pid, process]))
  return family.filter(({ pid }) => !(now.get(pid)?.state ?? 'Z').startsWith('Z'))
}
