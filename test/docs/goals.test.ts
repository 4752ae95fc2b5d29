/** How the benchmark judges what it measured, on figures made for it. */
import { describe, expect, test } from 'vitest'
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

test('the hash and the rest of a sign-in are together the sign-in', () => {
  // A round of 12 ms and 8 ms besides, while the machine is quick and while it is slow.
  const at = (rounds: number) => [1, 1, 1.5].map((slow) => ({ cpu: slow * (rounds * 12 + 8) }))
  const found = loginCpu(new Map(Object.entries({ login: at(6), login_one_round: at(1) })))
  expect(found).toEqual({ login_cpu_outside_hash_ms: 8, hash_cpu_ms: 72 })
})
