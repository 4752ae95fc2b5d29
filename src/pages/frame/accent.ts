/**
 * Colours from one accent that a deployer chooses: shades of it that can be read in both schemes,
 * whatever the choice, by WCAG 2.2 contrast (4.5 for text, 3 for what is no text).
 */

type Rgb = readonly [number, number, number]

const WHITE: Rgb = [255, 255, 255]
const BLACK: Rgb = [0, 0, 0]
/** The surfaces that text in the accent stands on: the least favourable of gatehouse.css. */
const LIGHT_SURFACE: Rgb = [240, 241, 245]
const DARK_SURFACE: Rgb = [33, 36, 46]
const TEXT_CONTRAST = 4.8
const SHAPE_CONTRAST = 3.1
const STEP = 0.04

const parse = (hex: string): Rgb => [
  Number.parseInt(hex.slice(1, 3), 16),
  Number.parseInt(hex.slice(3, 5), 16),
  Number.parseInt(hex.slice(5, 7), 16),
]
const toHex = (colour: Rgb): string =>
  `#${colour.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`

/** Relative luminance (WCAG 2.2). */
function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map((part) => {
    const share = part / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(a: Rgb, b: Rgb): number {
  const [x, y] = [luminance(a), luminance(b)]
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05)
}

const mix = (from: Rgb, to: Rgb, share: number): Rgb => [
  from[0] + (to[0] - from[0]) * share,
  from[1] + (to[1] - from[1]) * share,
  from[2] + (to[2] - from[2]) * share,
]

/** The colour, moved towards another only as far as the contrast needs. */
function readable(colour: Rgb, surface: Rgb, towards: Rgb, least: number): Rgb {
  for (let share = 0; share < 1; share += STEP) {
    const mixed = mix(colour, towards, share)
    if (contrast(mixed, surface) >= least) return mixed
  }
  return towards
}

function shades(accent: Rgb, surface: Rgb, towards: Rgb): [string, string][] {
  const fill = readable(accent, surface, towards, SHAPE_CONTRAST)
  const ink = contrast(WHITE, fill) >= 4.5 ? WHITE : BLACK
  const text = readable(accent, surface, towards, TEXT_CONTRAST)
  return [
    ['accent', toHex(fill)],
    ['accent-ink', toHex(ink)],
    ['accent-text', toHex(text)],
  ]
}

/** The custom properties of an accent such as #3f46d6, for both schemes. */
export function accentStyle(accent: string): string {
  const colour = parse(accent)
  const dark = shades(colour, DARK_SURFACE, WHITE)
  const both = shades(colour, LIGHT_SURFACE, BLACK).map(
    ([name, light], i) => `--${name}:light-dark(${light},${dark[i]?.[1]})`,
  )
  return `:root{${both.join(';')}}`
}
