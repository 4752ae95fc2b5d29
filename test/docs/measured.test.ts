/** What the pages tell of the last run of the benchmark is what the run found. */
import { expect, test } from 'vitest'
import page from '../../bench/README.md?raw'
import { commit, goals, measured } from '../../bench/results.json'

const [, missed = ''] = /<!-- missed:start -->([^]*?)<!-- missed:end -->/.exec(page) ?? []
const told = missed.replaceAll(/\n(?!- )/g, ' ')

test.each(goals.filter(({ met }) => !met))(
  'bench/README.md names the missed goal "$goal" with its figure and a reason',
  ({ goal, wanted, found }) => {
    const line = told.split('\n').find((each) => each.startsWith(`- **${goal}**`)) ?? ''
    const [before, reason = ''] = line.split(`: wanted ${wanted}, found ${found}. `)
    expect(before).toBe(`- **${goal}**`)
    expect(reason.length).toBeGreaterThan(40)
  },
)

test('it names no other goal as missed', () => {
  expect(told.match(/^- \*\*/gm)).toHaveLength(goals.filter(({ met }) => !met).length)
})

test('the bundle and the memory of work that grows are among the goals', () => {
  const names = goals.map(({ goal }) => goal)
  expect(names).toContain('bundle, KiB gzip')
  expect(names.filter((name) => name.startsWith('most memory beside before'))).toHaveLength(3)
})

test('every step of the benchmark tells its commit and its instant', () => {
  expect(Object.keys(measured).sort()).toEqual(['apps', 'growth', 'rows', 'size', 'throughput'])
  for (const step of Object.values(measured)) {
    expect(step.commit).toMatch(/^[0-9a-f]{40}/)
    expect(commit).toContain(step.commit)
    expect(Date.parse(step.measured_at)).toBeGreaterThan(0)
  }
})
