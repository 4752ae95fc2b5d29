/** The colors of the charts stay apart from each other, whatever accent the deployer chose. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const styles = readFileSync('public/assets/charts.css', 'utf8')
/** Name of a mark -> its color in the light and in the dark scheme, as #rrggbb. */
const marks = new Map(
  [...styles.matchAll(/--mark-(\w+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(
    ([, name = '', light = '', dark = '']) => [name, [light, dark] as const],
  ),
)

const channels = (color: string): number[] =>
  [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16))

/** Distance in RGB: 441 between black and white. */
const distance = (a: string, b: string): number => {
  const other = channels(b)
  return Math.hypot(...channels(a).map((value, i) => value - (other[i] ?? 0)))
}

describe('the marks of a chart', () => {
  it('never take the accent, which may be any color', () => {
    const drawn = [...styles.matchAll(/(?:fill|stroke|background): var\((--[\w-]+)\)/g)]
    expect([...marks.keys()]).toEqual(['main', 'good', 'bad', 'warn'])
    expect(drawn.map(([, name]) => name)).not.toContain('--accent')
  })

  it.each(['light', 'dark'] as const)('differ from each other in the %s scheme', (scheme) => {
    const colors = [...marks.values()].map((pair) => pair[scheme === 'light' ? 0 : 1])
    for (const [i, color] of colors.entries()) {
      for (const other of colors.slice(i + 1)) expect(distance(color, other)).toBeGreaterThan(60)
    }
  })

  it('draws each line with a dash of its own', () => {
    expect(styles).toMatch(/path\.good \{[^}]*stroke-dasharray: 9 5/)
    expect(styles).toMatch(/path\.warn \{[^}]*stroke-dasharray: 2 5/)
  })
})
