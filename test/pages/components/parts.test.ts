/** The pure parts: colors, languages, times. */
import { describe, expect, it } from 'vitest'
import { accentStyle } from '../../../src/accent'
import { formatsFor } from '../../../src/pages/runtime/format'
import { de } from '../../../src/texts/de'
import { en } from '../../../src/texts/en'

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)]
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05)
}

describe('an accent color', () => {
  it.each(['#3f46d6', '#000000', '#ffffff', '#ffff00', '#ff0000', '#00ff00', '#777777', '#0b5fff'])(
    '%s can be read in both schemes',
    (accent) => {
      const shades = new Map(
        [...accentStyle(accent).matchAll(/--([\w-]+):light-dark\((#\w{6}),(#\w{6})\)/g)].map(
          ([, name = '', light = '', dark = '']) => [name, [light, dark] as const],
        ),
      )
      const [fill, ink, text] = ['accent', 'accent-ink', 'accent-text'].map((name) =>
        shades.get(name),
      )
      for (const [scheme, surfaces] of [
        ['#ffffff', '#f6f7f9', '#f0f1f5'],
        ['#0f1117', '#171a22', '#21242e'],
      ].entries()) {
        expect(contrast(fill?.[scheme] ?? '', ink?.[scheme] ?? '')).toBeGreaterThanOrEqual(4.5)
        for (const surface of surfaces) {
          expect(contrast(text?.[scheme] ?? '', surface)).toBeGreaterThanOrEqual(4.5)
          expect(contrast(fill?.[scheme] ?? '', surface)).toBeGreaterThanOrEqual(3)
        }
      }
    },
  )
})

describe('times', () => {
  const now = Date.UTC(2026, 4, 3, 12)
  const { relative, exact, place } = formatsFor('en', en, { now, timeZone: 'Europe/Vienna' })
  it('are relative as long as that says something', () => {
    const ago = (ms: number) => relative(now - ms)
    expect([0, 59_000, 61_000, 3_599_000, 7_200_000, 86_400_000, 20 * 86_400_000].map(ago)).toEqual(
      [
        'now',
        '59 seconds ago',
        '1 minute ago',
        '1 hour ago',
        '2 hours ago',
        'yesterday',
        '20 days ago',
      ],
    )
    expect(ago(60 * 86_400_000)).toBe('Mar 4, 2026')
    expect(exact(now)).toMatch(/^May 3, 2026, 2:00\sPM GMT\+2$/)
  })

  it('have the zone of their own season', () => {
    const inMay = (at: number) => exact(at).replace(/^.*\s/, '')
    expect([inMay(Date.UTC(2026, 6, 1)), inMay(Date.UTC(2026, 0, 1))]).toEqual(['GMT+2', 'GMT+1'])
  })

  it('have a zone that exists, and places a name', () => {
    expect(formatsFor('de', de, { now, timeZone: 'Nowhere/Land' }).exact(now)).toContain(
      '12:00 UTC',
    )
    expect([place('AT'), place(null), place('T1'), place('x')]).toEqual([
      'Austria',
      'Unknown location',
      'Unknown location',
      'Unknown location',
    ])
  })
})
