/** Every job has an invocation of its own, and wrangler.toml and the documentation name the same. */
import { describe, expect, it } from 'vitest'
import page from '../../docs/operations.md?raw'
import { SCHEDULE } from '../../src/background/cron'
import wrangler from '../../wrangler.toml?raw'
import { cronOf, minuteOf, NIGHTLY } from '../support/crons'

const [, list = ''] = /^crons = \[([^\]]*)\]/m.exec(wrangler) ?? []
const triggers = Array.from(list.matchAll(/"([^"]+)"/g), ([, cron = '']) => cron)

describe('the schedule', () => {
  it('gives each job an expression that no other job has', () => {
    const names = Object.values(SCHEDULE).map(({ name }) => name)
    expect(names.length).toBeGreaterThan(12)
    expect(new Set(names).size).toBe(names.length)
    expect(new Set(triggers).size).toBe(triggers.length)
  })

  it('is exactly the triggers of wrangler.toml, in both environments', () => {
    expect(triggers.toSorted()).toEqual(Object.keys(SCHEDULE).toSorted())
    // The production environment inherits them.
    expect(wrangler).not.toMatch(/\[env\.production\.triggers\]/)
  })

  it('spaces the night by minutes, in the order that matters', () => {
    const minutes = NIGHTLY.map(minuteOf)
    for (const [i, minute] of minutes.slice(1).entries()) {
      expect(minute - (minutes[i] ?? 0)).toBeGreaterThanOrEqual(5)
    }
    const at = (job: string) => minuteOf(cronOf(job))
    expect(at('snapshot_actives')).toBe(minutes[0])
    expect(at('re_encrypt')).toBeLessThan(at('count_keys'))
    expect(at('merge_search_index')).toBe(minutes.at(-1))
  })

  it('is the table of docs/operations.md', () => {
    const rows = [...page.matchAll(/^\| (every .*?|\d\d:\d\d) \| `(\w+)` \|/gm)].map(
      ([, when = '', job = '']) => `${job} ${when}`,
    )
    const words: Record<string, string> = {
      '* * * * *': 'every minute',
      '*/2 * * * *': 'every 2 minutes',
      '*/3 * * * *': 'every 3 minutes',
      '*/15 * * * *': 'every 15 minutes',
      '35 * * * *': 'every hour, at 35',
    }
    const inWords = (cron: string) => {
      const minute = minuteOf(cron)
      const [h, m] = [Math.floor(minute / 60), minute % 60].map((n) => String(n).padStart(2, '0'))
      return words[cron] ?? `${h}:${m}`
    }
    expect(rows.toSorted()).toEqual(
      Object.entries(SCHEDULE)
        .map(([cron, { name }]) => `${name} ${inWords(cron)}`)
        .toSorted(),
    )
  })
})
