/** What was aimed at, and how the last run stands to it. */
import { type AppFigures, FLOW_STEPS, type ProviderName } from '../apps/figures.ts'

export type BySize = Record<string, Record<string, number>>
export type Grown = Record<string, Record<string, number | null>>

/** What of the results is judged. */
export interface Judged {
  readonly throughput?: {
    readonly session_vs_bare_object: number
    readonly session_vs_better_auth: number
    readonly profile_vs_better_auth: number
    readonly login_cpu_outside_hash_ms: number | null
  }
  readonly apps?: AppFigures
  readonly rows_read?: BySize
  readonly rows_written?: BySize
  readonly answer?: Record<string, { calls: number; rows_read: number }>
  readonly growth?: Grown
  readonly bundle?: { readonly gzip_kib: number; readonly start_up_cpu_ms: number | null }
}

export interface Goal {
  goal: string
  wanted: string
  found: string
  met: boolean
}

const FLAT = 1.2
const ROWS_AN_ITEM = 3
/** The lists of many, which fill their pages at the largest size: users and the audit log. */
const LIST = /^GET \/admin\/(users|audit)(\?| |$)/

const itemsOf = (name: string): number =>
  Number(/size=(\d+)/.exec(name)?.[1] ?? (name.includes('audit') ? 50 : 20))

/** What several are to meet: `all`, or which do not and by how much. */
function ofAll(goal: string, wanted: string, missed: [string, string][]): Goal {
  const found = missed.map(([name, figure]) => `${name} (${figure})`).join(', ')
  return { goal, wanted, found: found ? `not ${found}` : 'all', met: missed.length === 0 }
}

function flat(rows_read: BySize): Goal {
  const grows = Object.entries(rows_read).flatMap(([name, sizes]): [string, string][] => {
    const values = Object.values(sizes)
    const [least, most] = [Math.min(...values), Math.max(...values)]
    return most > FLAT * least ? [[name, `${least} to ${most}`]] : []
  })
  return ofAll('rows read are flat', 'within 20%', grows)
}

function lists(rows_read: BySize): Goal {
  const dear = Object.entries(rows_read).flatMap(([name, sizes]): [string, string][] => {
    if (!LIST.test(name)) return []
    const each = (Object.values(sizes).at(-1) ?? 0) / itemsOf(name)
    return each > ROWS_AN_ITEM ? [[name, each.toFixed(1)]] : []
  })
  return ofAll('rows read an item of a list page', `<= ${ROWS_AN_ITEM}`, dear)
}

/** No step of an app's flow takes more CPU than at another provider that offers it. */
function appsBeside(goal: string, apps: AppFigures, other: ProviderName): Goal {
  const dear = FLOW_STEPS.flatMap((step): [string, string][] => {
    const [ours, theirs] = [apps[step].gatehouse?.cpu_ms, apps[step][other]?.cpu_ms]
    return ours && theirs && ours > theirs ? [[step, (ours / theirs).toFixed(1)]] : []
  })
  return ofAll(goal, '<= 1', dear)
}

export function goalsOf(results: Judged): Goal[] {
  const { throughput, apps, rows_read, rows_written, answer, bundle, growth } = results
  const goals: Goal[] = []
  const least = (goal: string, found: number | undefined, wanted: number) => {
    if (found !== undefined)
      goals.push({ goal, wanted: `>= ${wanted}`, found: String(found), met: found >= wanted })
  }
  const most = (goal: string, found: number | null | undefined, wanted: number) => {
    if (typeof found === 'number')
      goals.push({ goal, wanted: `<= ${wanted}`, found: String(found), met: found <= wanted })
  }
  const largest = (costs: BySize | undefined, name: string) =>
    Object.values(costs?.[name] ?? {}).at(-1)
  least('session beside a bare object call', throughput?.session_vs_bare_object, 0.75)
  least("session beside better-auth's", throughput?.session_vs_better_auth, 12)
  least("profile beside better-auth's session", throughput?.profile_vs_better_auth, 4)
  most('CPU of a login outside the hash, ms', throughput?.login_cpu_outside_hash_ms, 5)
  if (apps) {
    goals.push(
      appsBeside("CPU of each step of apps beside better-auth's", apps, 'better_auth'),
      appsBeside("CPU of each step of apps beside node-oidc-provider's", apps, 'oidc_provider'),
    )
  }
  if (rows_read) goals.push(flat(rows_read), lists(rows_read))
  most('D1 queries of a login', answer?.['POST /auth/login']?.calls, 1)
  most('rows read by a login', answer?.['POST /auth/login']?.rows_read, 6)
  most('rows written by a sign-in, in all', largest(rows_written, 'POST /auth/login'), 15)
  most('rows written by a registration, in all', largest(rows_written, 'POST /auth/register'), 25)
  for (const [name, { before_mib: before, peak_mib: peak }] of Object.entries(growth ?? {})) {
    if (before && peak)
      most(`most memory beside before, ${name}`, Number((peak / before).toFixed(2)), FLAT)
  }
  most('bundle, KiB gzip', bundle?.gzip_kib, 400)
  most('CPU of the start, ms', bundle?.start_up_cpu_ms, 50)
  return goals
}
