/** How the benchmark judges what it measured, on figures made for it. */
import { describe, expect, test } from 'vitest'
import type { AppFigures, StepFigures } from '../../bench/apps/figures'
import { appsTable } from '../../bench/report/apps-table'
import { goalsOf, type Judged } from '../../bench/report/goals'
import { loginCpu } from '../../bench/throughput/login-cpu'

const judged = (results: Judged, goal: string) =>
  goalsOf(results).find((each) => each.goal === goal) ?? 'no such goal'

describe('goals', () => {
  test('rows that grow by more than a fifth are not flat, be it by one row', () => {
    const rows_read = { 'GET /even': { 1: 10, 2: 12 }, 'GET /uneven': { 1: 4, 2: 5 } }
    expect(judged({ rows_read }, 'rows read are flat')).toMatchObject({
      found: 'not GET /uneven (4 to 5)',
      met: false,
    })
  })

  test('every list of many is judged by the rows of an item: users, searches and the log', () => {
    const rows_read = {
      'GET /admin/users': { 1: 60 },
      'GET /admin/users?size=100': { 1: 300 },
      'GET /admin/users?search=love': { 1: 61 },
      'GET /admin/audit': { 1: 1052 },
      'GET /admin/audit (next page)': { 1: 51 },
      'GET /admin/users/{id}': { 1: 500 },
    }
    expect(judged({ rows_read }, 'rows read an item of a list page')).toMatchObject({
      found: 'not GET /admin/users?search=love (3.0), GET /admin/audit (21.0)',
      met: false,
    })
  })

  test('memory that grows with the work is a goal missed', () => {
    const growth = {
      'an import': { before_mib: 200, peak_mib: 300 },
      'an export': { before_mib: 200, peak_mib: 210 },
    }
    expect(judged({ growth }, 'most memory beside before, an import')).toMatchObject({ met: false })
    expect(judged({ growth }, 'most memory beside before, an export')).toMatchObject({ met: true })
  })
})

describe('apps', () => {
  const at = (cpu_ms: number): StepFigures => ({ rps: 100, cpu_ms })
  const alike = { gatehouse: at(2), oidc_provider: at(2), better_auth: at(4) }
  const apps: AppFigures = {
    authorize: alike,
    code: { ...alike, oidc_provider: at(1.6) },
    refresh: alike,
    userinfo: alike,
    introspect: { ...alike, gatehouse: at(9), better_auth: null },
  }

  test('each step that the other provider offers is compared', () => {
    expect(judged({ apps }, "CPU of each step of apps beside better-auth's")).toMatchObject({
      found: 'all',
      met: true,
    })
    expect(judged({ apps }, "CPU of each step of apps beside node-oidc-provider's")).toMatchObject({
      found: 'not code (1.3), introspect (4.5)',
      met: false,
    })
  })

  test('the table says which provider does not offer a step', () => {
    const [, , ...lines] = appsTable(apps).split('\n')
    expect(lines).toEqual([
      '| authorize, consent remembered | 2.00 | 2.00 | 4.00 | 100 | 100 | 100 |',
      '| token by code | 2.00 | 1.60 | 4.00 | 100 | 100 | 100 |',
      '| token by refresh token, which is replaced | 2.00 | 2.00 | 4.00 | 100 | 100 | 100 |',
      '| userinfo | 2.00 | 2.00 | 4.00 | 100 | 100 | 100 |',
      '| introspection | 9.00 | 2.00 | does not offer | 100 | 100 |  |',
    ])
  })
})

test('the hash and the rest of a sign-in are together the sign-in', () => {
  // A round of 12 ms and 8 ms besides, while the machine is quick and while it is slow.
  const at = (rounds: number) => [1, 1, 1.5].map((slow) => ({ cpu: slow * (rounds * 12 + 8) }))
  const found = loginCpu(new Map(Object.entries({ login: at(6), login_one_round: at(1) })))
  expect(found).toEqual({ login_cpu_outside_hash_ms: 8, hash_cpu_ms: 72 })
})
