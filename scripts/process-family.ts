/** Which processes descend from one, and which of those still run: by `ps`, on Linux and macOS. */
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

/** The process itself and all that descend from it. */
export function familyOf(pid: number | undefined): Process[] {
  const all = processes()
  const family = all.filter((process) => process.pid === pid)
  // The list grows while it is walked: children of children follow.
  for (const { pid: parent } of family) family.push(...all.filter((one) => one.parent === parent))
  return family
}

/** A zombie has ended; only its parent has not looked yet. */
export function runningOf(family: Process[]): Process[] {
  const now = new Map(processes().map((process) => [process.pid, process]))
  return family.filter(({ pid }) => !(now.get(pid)?.state ?? 'Z').startsWith('Z'))
}
